// SPDX-License-Identifier: Apache-2.0
#include "bench/load/tcp.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstring>
#include <deque>

#include "resolver/base/fd.h"
#include "resolver/wire/types.h"

namespace cenote::blast {
namespace {

constexpr std::size_t kClientsAnAddress = 32;
constexpr std::size_t kUnderWayMax = 64;  // of one client; its ids are 0 to 63

class Client {
public:
    Client(const SocketAddress& server, std::size_t number, const Queries& queries, Tally& tally)
        : queries_(queries), tally_(tally) {
        fd_ = UniqueFd(socket(server.family(), SOCK_STREAM, 0));
        if (server.family() == AF_INET) bind_beside_others(number);
        const int yes = 1;
        setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        const timeval patience{3, 0};  // a server that takes no more connections is not waited for
        setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
        sockaddr_storage native;
        const socklen_t size = server.to_native(native);
        connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&native), size) == 0;
        if (!connected_) std::perror("connect");
    }

    [[nodiscard]] bool connected() const noexcept { return connected_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] std::size_t open() const noexcept { return open_; }

    void send(std::size_t count, Ticks now) {
        std::array<std::uint8_t, kUnderWayMax * 512> bytes;
        std::size_t size = 0;
        for (std::uint16_t id = 0; id < kUnderWayMax && count > 0; ++id) {
            if (asked_[id].open) continue;
            --count;
            const ByteView packet = queries_.packet(queries_.at(tally_.sent));
            store_u16(&bytes[size], static_cast<std::uint16_t>(packet.size()));
            std::memcpy(&bytes[size + 2], packet.data(), packet.size());
            store_u16(&bytes[size + 2], id);
            size += 2 + packet.size();
            asked_[id] = {tally_.sent++, now, true};
            ++open_;
        }
        if (::send(fd_.get(), bytes.data(), size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) connected_ = false;
    }

    /// False: the server has closed.
    bool receive(Ticks now) {
        const ssize_t count = ::recv(fd_.get(), &in_[filled_], in_.size() - filled_, MSG_DONTWAIT);
        if (count == 0) return connected_ = false;
        if (count < 0) return true;
        filled_ += static_cast<std::size_t>(count);
        std::size_t at = 0;
        while (filled_ - at >= 2 && filled_ - at - 2 >= load_u16(&in_[at])) {
            const ByteView reply(&in_[at + 2], load_u16(&in_[at]));
            at += 2 + reply.size();
            if (reply.size() < wire::kHeaderSize || load_u16(reply.data()) >= kUnderWayMax) continue;
            QueryContext& asked = asked_[load_u16(reply.data())];
            if (!std::exchange(asked.open, false)) continue;
            --open_;
            tally_.take(queries_.at(asked.number), reply, now - asked.at);
        }
        std::memmove(in_.data(), &in_[at], filled_ - at);
        filled_ -= at;
        return true;
    }

private:
    struct QueryContext {
        std::uint64_t number = 0;
        Ticks at{};
        bool open = false;
    };

    /// Some dozens of clients an address of loopback: servers limit what comes from one.
    void bind_beside_others(std::size_t number) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number / kClientsAnAddress));
        const int yes = 1;
        setsockopt(fd_.get(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        if (bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) std::perror("bind");
    }

    const Queries& queries_;
    Tally& tally_;
    UniqueFd fd_;
    bool connected_ = false;
    std::array<QueryContext, kUnderWayMax> asked_{};
    std::size_t open_ = 0;
    std::array<std::uint8_t, 2 + 65535> in_;
    std::size_t filled_ = 0;
};

}  // namespace

bool load_over_tcp(const SocketAddress& server, const Queries& queries, const Pace& pace, std::size_t client_count,
                   Tally& tally) {
    const UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    std::deque<Client> clients;
    for (std::size_t i = 0; i < client_count; ++i) {
        Client& client = clients.emplace_back(server, i, queries, tally);
        if (!client.connected()) return false;
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &client;
        epoll_ctl(epoll.get(), EPOLL_CTL_ADD, client.fd(), &event);
    }
    const std::size_t each = std::clamp<std::size_t>(pace.window / client_count, 1, kUnderWayMax);
    for (Client& client : clients) client.send(each, ticks_now());
    std::array<epoll_event, 64> events;
    for (;;) {
        const int count = epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 100);
        const Ticks now = ticks_now();
        for (int i = 0; i < count; ++i) {
            auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
            if (!client.receive(now)) return false;
            if (now < pace.end && client.open() * 2 <= each) client.send(each - client.open(), now);
        }
        std::size_t open = 0;
        if (now >= pace.end)
            for (const Client& client : clients) open += client.open();
        if (now >= pace.end && (open == 0 || now - pace.end > kPatience)) return true;
    }
}

}  // namespace cenote::blast
