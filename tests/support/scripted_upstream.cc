// SPDX-License-Identifier: Apache-2.0
#include "tests/support/scripted_upstream.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <map>
#include <mutex>
#include <thread>

#include "resolver/base/bytes.h"
#include "resolver/base/check.h"
#include "resolver/base/fd.h"

namespace cenote::test {

namespace {

using Clock = std::chrono::steady_clock;

UniqueFd socket_on(int type, const char* ip, std::uint16_t port) {
    UniqueFd fd(::socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    sockaddr_storage native{};
    const socklen_t size = SocketAddress::parse(ip, port)->to_native(native);
    const int on = 1;
    if (type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) fd.reset();
    return fd;
}

SocketAddress address_of(int fd) {
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    CENOTE_CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) == 0);
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

std::size_t question_end(const Bytes& query) {
    std::size_t at = 12;
    while (at < query.size() && query[at] != 0) at += query[at] + 1U;
    return at + 5;
}

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

}  // namespace

std::uint16_t SeenQuery::id() const { return load_u16(bytes.data()); }
bool SeenQuery::has_edns() const { return load_u16(&bytes[10]) != 0; }

struct ScriptedUpstream::State {
    struct Connection {
        UniqueFd fd;
        std::uint32_t number = 0;
        std::uint16_t port = 0;
        Bytes read;
        bool half_closed = false;
    };
    struct Due {
        Clock::time_point at;
        Action action;
        sockaddr_storage client{};
        socklen_t client_size = 0;
        std::uint32_t connection = 0;
    };

    UniqueFd udp, tcp, other_port, other_address, wake_read, wake_write;
    std::uint16_t port = 0;
    std::vector<Connection> connections;
    std::vector<Due> due;
    std::uint32_t connections_seen = 0;

    mutable std::mutex mutex;
    Script script;
    std::vector<SeenQuery> seen;
    std::map<std::string, std::uint32_t> by_name;
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> to_send{0};
    std::thread thread;

    void open(Tcp mode) {
        do {
            tcp = socket_on(SOCK_STREAM, "127.0.0.1", 0);
            CENOTE_CHECK(tcp.valid());
            port = address_of(tcp.get()).port;
            udp = socket_on(SOCK_DGRAM, "127.0.0.1", port);
            other_address = socket_on(SOCK_DGRAM, "127.0.0.2", port);
        } while (!udp.valid() || !other_address.valid());
        other_port = socket_on(SOCK_DGRAM, "127.0.0.1", 0);
        // Bound but not listening: connections are refused.
        if (mode == Tcp::Served) CENOTE_CHECK(::listen(tcp.get(), 64) == 0);
        const int room = 4 << 20;
        ::setsockopt(udp.get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
        std::array<int, 2> pipe{};
        CENOTE_CHECK(::pipe2(pipe.data(), O_CLOEXEC | O_NONBLOCK) == 0);
        wake_read.reset(pipe[0]);
        wake_write.reset(pipe[1]);
    }

    void run(Tcp mode) {
        while (!stop) {
            std::vector<pollfd> polled{{wake_read.get(), POLLIN, 0}, {udp.get(), POLLIN, 0}};
            if (mode == Tcp::Served) polled.push_back({tcp.get(), POLLIN, 0});
            const std::size_t first_connection = polled.size();
            for (const auto& connection : connections)
                polled.push_back({connection.fd.get(), static_cast<short>(connection.half_closed ? 0 : POLLIN), 0});
            ::poll(polled.data(), polled.size(), wait_ms());
            for (std::size_t i = connections.size(); i-- > 0;)
                if (polled[first_connection + i].revents != 0) read_stream(i);
            if (mode == Tcp::Served && polled[2].revents != 0) accept();
            if (polled[1].revents != 0) read_datagrams();
            act();
        }
    }

    int wait_ms() const {
        if (due.empty()) return -1;
        const auto next = std::min_element(due.begin(), due.end(), [](auto& a, auto& b) { return a.at < b.at; });
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next->at - Clock::now());
        return static_cast<int>(std::max<std::int64_t>(wait.count(), 0));
    }

    void accept() {
        const int fd = ::accept4(tcp.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        Connection connection;
        connection.fd.reset(fd);
        connection.number = ++connections_seen;
        connections.push_back(std::move(connection));
    }

    void read_datagrams() {
        for (;;) {
            Due from;
            from.client_size = sizeof from.client;
            Bytes bytes(65536);
            const auto size = ::recvfrom(udp.get(), bytes.data(), bytes.size(), 0,
                                         reinterpret_cast<sockaddr*>(&from.client), &from.client_size);
            if (size < 0) return;
            bytes.resize(static_cast<std::size_t>(size));
            SeenQuery query;
            query.source_port = SocketAddress::from_native(reinterpret_cast<sockaddr*>(&from.client)).port;
            query.bytes = std::move(bytes);
            play_for(std::move(query), from);
        }
    }

    void read_stream(std::size_t index) {
        Connection& connection = connections[index];
        std::array<std::uint8_t, 4096> chunk;
        const auto size = ::recv(connection.fd.get(), chunk.data(), chunk.size(), 0);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0) {
            connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(index));
            return;
        }
        connection.read.insert(connection.read.end(), chunk.begin(), chunk.begin() + size);
        while (connection.read.size() >= 2 && connection.read.size() >= 2U + load_u16(connection.read.data())) {
            const auto end = connection.read.begin() + 2 + load_u16(connection.read.data());
            SeenQuery query;
            query.tcp = true;
            query.connection = connection.number;
            query.bytes.assign(connection.read.begin() + 2, end);
            connection.read.erase(connection.read.begin(), end);
            Due from;
            from.connection = connection.number;
            play_for(std::move(query), from);
        }
    }

    void play_for(SeenQuery query, const Due& from) {
        if (query.bytes.size() < 17) return;
        for (std::size_t at = 12; query.bytes[at] != 0; at += query.bytes[at] + 1U) {
            if (!query.name.empty()) query.name += '.';
            for (std::size_t i = 1; i <= query.bytes[at]; ++i)
                query.name += static_cast<char>(std::tolower(query.bytes[at + i]));
        }
        query.type = load_u16(&query.bytes[question_end(query.bytes) - 4]);
        const auto now = Clock::now();
        Script current;
        {
            const std::lock_guard lock(mutex);
            query.number = by_name[query.name]++;
            seen.push_back(query);
            current = script;
        }
        std::vector<Action> actions = current(query);
        to_send += actions.size();
        for (Action& action : actions) {
            Due one = from;
            one.at = now + action.after;
            one.action = std::move(action);
            due.push_back(std::move(one));
        }
    }

    void act() {
        const auto now = Clock::now();
        const auto later = std::stable_partition(due.begin(), due.end(), [&](const Due& one) { return one.at <= now; });
        std::vector<Due> ready(std::make_move_iterator(due.begin()), std::make_move_iterator(later));
        due.erase(due.begin(), later);
        std::stable_sort(ready.begin(), ready.end(), [](const Due& a, const Due& b) { return a.at < b.at; });
        for (const Due& one : ready) {
            one.connection == 0 ? act_datagram(one) : act_stream(one);
            --to_send;
        }
    }

    void act_datagram(const Due& one) const {
        const UniqueFd& from = one.action.kind == Action::Kind::FromOtherPort      ? other_port
                               : one.action.kind == Action::Kind::FromOtherAddress ? other_address
                                                                                   : udp;
        ::sendto(from.get(), one.action.bytes.data(), one.action.bytes.size(), 0,
                 reinterpret_cast<const sockaddr*>(&one.client), one.client_size);
    }

    void act_stream(const Due& one) {
        const auto connection = std::find_if(connections.begin(), connections.end(),
                                             [&](const Connection& other) { return other.number == one.connection; });
        if (connection == connections.end()) return;
        const int fd = connection->fd.get();
        switch (one.action.kind) {
            case Action::Kind::Send: {
                Bytes framed(2);
                store_u16(framed.data(), static_cast<std::uint16_t>(one.action.bytes.size()));
                append(framed, one.action.bytes);
                return write_all(fd, framed);
            }
            case Action::Kind::SendRaw: return write_all(fd, one.action.bytes);
            case Action::Kind::HalfClose:
                connection->half_closed = true;
                ::shutdown(fd, SHUT_WR);
                return;
            case Action::Kind::Reset: {
                const linger at_once{1, 0};
                ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
                connections.erase(connection);
                return;
            }
            default: connections.erase(connection);
        }
    }

    static void write_all(int fd, const Bytes& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            const auto count = ::send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (count > 0) {
                done += static_cast<std::size_t>(count);
            } else if (errno == EAGAIN) {
                pollfd writable{fd, POLLOUT, 0};
                ::poll(&writable, 1, -1);
            } else {
                return;
            }
        }
    }
};

ScriptedUpstream::ScriptedUpstream(Script script, Tcp tcp) : state_(std::make_unique<State>()) {
    state_->script = std::move(script);
    state_->open(tcp);
    state_->thread = std::thread([this, tcp] { state_->run(tcp); });
}

ScriptedUpstream::~ScriptedUpstream() {
    state_->stop = true;
    CENOTE_CHECK(::write(state_->wake_write.get(), "x", 1) == 1);
    state_->thread.join();
}

SocketAddress ScriptedUpstream::address() const { return *SocketAddress::parse("127.0.0.1", state_->port); }

std::vector<SeenQuery> ScriptedUpstream::queries() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<SeenQuery> result;
    std::copy_if(state_->seen.begin(), state_->seen.end(), std::back_inserter(result),
                 [](const SeenQuery& query) { return !query.name.empty(); });
    return result;
}

std::size_t ScriptedUpstream::count() const { return queries().size(); }

bool ScriptedUpstream::idle() const { return state_->to_send == 0; }

void ScriptedUpstream::play(Script script) {
    const std::lock_guard lock(state_->mutex);
    state_->script = std::move(script);
}

Bytes question_of(const Bytes& query) {
    return {query.begin() + 12, query.begin() + static_cast<std::ptrdiff_t>(question_end(query))};
}

Bytes reply(const Bytes& query, std::uint16_t flags, const std::vector<Bytes>& answers) {
    Bytes bytes(12);
    store_u16(&bytes[0], load_u16(query.data()));
    store_u16(&bytes[2], flags);
    store_u16(&bytes[4], 1);
    store_u16(&bytes[6], static_cast<std::uint16_t>(answers.size()));
    append(bytes, question_of(query));
    for (const Bytes& answer : answers) append(bytes, answer);
    return bytes;
}

Bytes record(std::uint16_t type, const Bytes& rdata) {
    Bytes bytes{0xc0, 12, 0, 0, 0, 1, 0, 0, 1, 44, 0, 0};
    store_u16(&bytes[2], type);
    store_u16(&bytes[10], static_cast<std::uint16_t>(rdata.size()));
    append(bytes, rdata);
    return bytes;
}

Bytes a_record(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) { return record(1, {a, b, c, d}); }

Bytes right_answer(const Bytes& query) { return reply(query, 0x8180, {a_record(192, 0, 2, 1)}); }

Bytes rcode_answer(const Bytes& query, std::uint8_t rcode) {
    return reply(query, static_cast<std::uint16_t>(0x8180 | rcode), {});
}

Bytes truncated_answer(const Bytes& query) { return reply(query, 0x8380, {}); }

Script answer_right() {
    return [](const SeenQuery& query) { return std::vector<Action>{{.bytes = right_answer(query.bytes)}}; };
}

Script stay_silent() {
    return [](const SeenQuery&) { return std::vector<Action>{}; };
}

}  // namespace cenote::test
