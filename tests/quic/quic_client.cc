// SPDX-License-Identifier: Apache-2.0
//
// Many clients of DNS over QUIC for system tests, each with an address of its own in 127.0.0.0/8.
//
//   quic_client half ADDRESS COUNT   begins handshakes and does not go on; prints how many were answered, and how many
//                                    by a Retry
//   quic_client idle ADDRESS COUNT   completes handshakes, prints how many, and holds them until its input ends
//   quic_client talk ADDRESS COUNT   has one connection that queries again and again until its input ends, but COUNT
//                                    times at least; prints how many replies came after the first, and what has become
//                                    of the connection
//   quic_client ask ADDRESS COUNT    sends the messages of its input, each behind its length, over one connection, at
//                                    most COUNT at a time; prints the replies in the same form, with the ids of the
//                                    input
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "tests/quic/client.h"

namespace {

using namespace cenote;
using quic::testing::Client;
using quic::testing::ClientOptions;

constexpr std::size_t kAtOnce = 32;  // handshakes, so that none waits for long
constexpr milliseconds kPatience{60000};

struct Peer {
    UniqueFd socket;
    std::unique_ptr<Client> client;
    std::size_t received = 0;
    bool retried = false;
};

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

Peer make_peer(const SocketAddress& server, std::size_t number, std::uint64_t reply_room = ClientOptions().reply_room) {
    ClientOptions options;
    options.reply_room = reply_room;
    options.server = server;
    options.own = {.ip = IpAddress::v4(
                       {127, 1, static_cast<std::uint8_t>(number / 250), static_cast<std::uint8_t>(number % 250 + 1)}),
                   .port = 0,
                   .scope_id = 0};
    Peer peer{.socket = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), .client = nullptr};
    sockaddr_storage native{};
    socklen_t size = options.own.to_native(native);
    if (::bind(peer.socket.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) fail("bind");
    size = server.to_native(native);
    if (::connect(peer.socket.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) fail("connect");
    size = sizeof native;
    if (::getsockname(peer.socket.get(), reinterpret_cast<sockaddr*>(&native), &size) != 0) fail("getsockname");
    options.own = SocketAddress::from_native(reinterpret_cast<sockaddr*>(&native));
    peer.client = std::make_unique<Client>(options, ticks_now());
    return peer;
}

void send_due(Peer& peer) {
    for (const auto& packet : peer.client->packets(ticks_now()))
        static_cast<void>(::send(peer.socket.get(), packet.data(), packet.size(), MSG_NOSIGNAL));
}

/// Takes what has come; `deliver`: to the client.
void take(Peer& peer, bool deliver) {
    std::array<std::uint8_t, 2048> space;
    for (ssize_t size = 0; (size = ::recv(peer.socket.get(), space.data(), space.size(), 0)) > 0;) {
        ++peer.received;
        peer.retried = peer.retried || (space[0] & 0xf0) == 0xf0;  // RFC 9000 §17.2.5
        if (deliver) peer.client->receive(ByteView(space).first(static_cast<std::size_t>(size)), ticks_now());
    }
}

/// Until `done` or the patience ends.
template <typename Done>
void serve(std::vector<Peer>& peers, bool deliver, Done done) {
    for (const Ticks end = ticks_now() + kPatience; !done() && ticks_now() < end;) {
        std::vector<pollfd> all;
        for (const Peer& peer : peers) all.push_back({peer.socket.get(), POLLIN, 0});
        ::poll(all.data(), all.size(), 10);
        for (Peer& peer : peers) {
            take(peer, deliver);
            if (!deliver) continue;
            peer.client->on_timer(ticks_now());
            send_due(peer);
        }
    }
}

int begin_half(const SocketAddress& server, std::size_t count) {
    std::vector<Peer> peers;
    for (std::size_t i = 0; i < count; ++i) {
        peers.push_back(make_peer(server, i));
        send_due(peers.back());
    }
    serve(peers, false,
          [&] { return std::ranges::all_of(peers, [](const Peer& peer) { return peer.received != 0; }); });
    const auto answered = std::ranges::count_if(peers, [](const Peer& peer) { return peer.received != 0; });
    const auto retried = std::ranges::count_if(peers, &Peer::retried);
    fmt::print("{} answered, {} by a Retry\n", answered, retried);
    return 0;
}

int hold_idle(const SocketAddress& server, std::size_t count) {
    std::vector<Peer> held;
    while (held.size() < count) {
        std::vector<Peer> next;
        for (std::size_t i = 0; i < std::min(kAtOnce, count - held.size()); ++i) {
            next.push_back(make_peer(server, held.size() + i));
            send_due(next.back());
        }
        serve(next, true,
              [&] { return std::ranges::all_of(next, [](const Peer& peer) { return peer.client->complete(); }); });
        for (Peer& peer : next) held.push_back(std::move(peer));
    }
    const auto complete = std::ranges::count_if(held, [](const Peer& peer) { return peer.client->complete(); });
    fmt::print("{} complete\n", complete);
    std::fflush(stdout);
    while (std::getchar() != EOF) {
    }
    return 0;
}

bool input_ended() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return ::poll(&input, 1, 0) == 1 && std::getchar() == EOF;
}

int talk(const SocketAddress& server, std::size_t count) {
    // localhost A, with the id 0
    const quic::testing::Bytes query{0,   0,   1,   0,   0,   1,   0,   0,   0, 0, 0, 0, 9, 'l',
                                     'o', 'c', 'a', 'l', 'h', 'o', 's', 't', 0, 0, 1, 0, 1};
    std::vector<Peer> one;
    one.push_back(make_peer(server, 0));
    Client& client = *one.front().client;
    send_due(one.front());
    serve(one, true, [&] { return client.complete(); });
    std::size_t replies = 0;
    for (bool done = false; !done && client.alive(); done = replies >= count && input_ended()) {
        const auto stream = client.ask(query);
        send_due(one.front());
        serve(one, true, [&] { return client.reply(stream) || !client.alive(); });
        if (client.reply(stream) && ++replies == 1) {
            fmt::print("talking\n");
            std::fflush(stdout);
        }
    }
    fmt::print("{} replies, {}\n", replies, client.alive() ? "alive" : "ended");
    return 0;
}

using Id = std::array<std::uint8_t, 2>;

/// The messages of the input.
struct Input {
    quic::testing::Bytes bytes;
    bool ended = false;

    void read() {
        std::array<std::uint8_t, 65536> space;
        const ssize_t size = ::read(STDIN_FILENO, space.data(), space.size());
        ended = size <= 0;
        if (!ended) bytes.insert(bytes.end(), space.begin(), space.begin() + size);
    }
    [[nodiscard]] bool is_whole() const { return bytes.size() >= 2 && bytes.size() >= 2U + load_u16(bytes.data()); }
    /// Takes the first one; nullopt: it is not whole.
    std::optional<quic::testing::Bytes> next() {
        if (!is_whole()) return std::nullopt;
        const auto end = bytes.begin() + 2 + load_u16(bytes.data());
        quic::testing::Bytes message(bytes.begin() + 2, end);
        bytes.erase(bytes.begin(), end);
        return message;
    }
};

/// Prints the replies that are whole; false: a query has none.
bool print_replies(const Client& client, std::map<std::int64_t, Id>& asked) {
    for (auto each = asked.begin(); each != asked.end();) {
        if (client.stream(each->first).reset) return false;
        auto reply = client.reply(each->first);
        if (!reply) {
            ++each;
            continue;
        }
        std::ranges::copy(each->second, reply->begin());
        const auto framed = Client::framed(*reply);
        std::fwrite(framed.data(), 1, framed.size(), stdout);
        each = asked.erase(each);
    }
    return std::fflush(stdout) == 0;
}

int ask(const SocketAddress& server, std::size_t at_once) {
    constexpr std::uint64_t kAllReplies = std::uint64_t{1} << 40;
    Peer peer = make_peer(server, 0, kAllReplies);
    Client& client = *peer.client;
    Input input;
    std::map<std::int64_t, Id> asked;  // with the ids that RFC 9250 §4.2.1 makes 0
    while (client.alive() && (!input.ended || input.is_whole() || !asked.empty())) {
        std::array<pollfd, 2> both{{{peer.socket.get(), POLLIN, 0}, {input.ended ? -1 : STDIN_FILENO, POLLIN, 0}}};
        send_due(peer);
        ::poll(both.data(), both.size(), 10);
        if (both[1].revents != 0) input.read();
        take(peer, true);
        client.on_timer(ticks_now());
        while (client.complete() && client.may_open() && asked.size() < at_once) {
            auto message = input.next();
            if (!message) break;
            const Id id{message->at(0), message->at(1)};
            std::fill_n(message->begin(), id.size(), std::uint8_t{0});
            asked[client.ask(*message)] = id;
        }
        if (!print_replies(client, asked)) {
            std::fputs("a stream was reset\n", stderr);
            return 1;
        }
    }
    if (asked.empty() && !input.is_whole()) return 0;
    fmt::print(stderr, "{} queries have no reply: the connection has ended with {}\n", asked.size(),
               client.ended() ? client.ended()->code : 0);
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    const auto server = argc == 4 ? SocketAddress::parse(argv[2], 853) : std::nullopt;
    if (!server) {
        std::fputs("usage: quic_client half|idle|talk|ask ADDRESS:PORT COUNT\n", stderr);
        return 2;
    }
    const std::size_t count = std::strtoul(argv[3], nullptr, 10);
    const std::string_view what(argv[1]);
    if (what == "talk") return talk(*server, count);
    if (what == "ask") return ask(*server, count);
    return what == "half" ? begin_half(*server, count) : hold_idle(*server, count);
}
