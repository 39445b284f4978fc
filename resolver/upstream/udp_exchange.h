// SPDX-License-Identifier: Apache-2.0
//
// Queries over UDP, each from a fresh random port on a connected socket of its own.
//
// A socket whose query has ended is disconnected, which frees its port, and kept. Connected again it gets another port
// from the kernel, uniform over net.ipv4.ip_local_port_range, which all workers share (RFC 5452 §9.2). That costs half
// of a new socket. A datagram that arrived before it was disconnected must not be taken for one of the next query: the
// socket rests until the epoll of all sockets has been read, which reports every socket that is not empty.
//
// Threads:  one thread. Data plane.
// Memory:   the slot of a socket is allocated when the socket is first made, and used again.
// Failure:  an enum. An ICMP error is reported and closes nothing.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/base/random.h"
#include "resolver/loop/loop.h"
#include "resolver/upstream/inflight.h"
#include "resolver/wire/answer.h"

namespace cenote::upstream {

/// The form of a query.
struct Manner {
    bool edns = true;
    bool mixed_case = true;
};

class UdpExchange {
public:
    class Sink {
    public:
        /// `sent` is the query as it was sent; the packet may be anything.
        virtual void on_datagram(const AttemptRef& attempt, ByteView sent, ByteView packet) noexcept = 0;
        virtual void on_unreachable(const AttemptRef& attempt) noexcept = 0;

    protected:
        ~Sink() = default;
    };

    using Slot = std::uint32_t;

    UdpExchange(loop::Loop& loop, Sink& sink, RandomSource& random);
    UdpExchange(const UdpExchange&) = delete;
    UdpExchange& operator=(const UdpExchange&) = delete;

    /// keep() sets how many idle sockets are kept at most; prepare() makes some for `family` now, so that they exist
    /// when descriptors run out. Control plane.
    void keep(std::uint32_t sockets_max);
    void prepare(int family);

    SendStatus ask(const SocketAddress& server, const Query& query, Manner manner, const AttemptRef& attempt,
                   Slot& slot) noexcept;
    [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }
    /// The query has ended: datagrams that still arrive for it find the port closed.
    void release(Slot slot) noexcept;

private:
    struct Socket {
        UniqueFd fd;
        int family = 0;
        bool in_use = false;
        AttemptRef attempt;
        std::uint16_t sent_size = 0;
        std::array<std::uint8_t, 512> sent;
    };

    void on_readable() noexcept;
    void receive(Slot slot) noexcept;
    bool take(int family, Slot& slot) noexcept;
    bool open(int family, Slot& slot) noexcept;
    void close(Slot slot) noexcept;
    bool drain(Slot slot) noexcept;
    void forget(Slot slot) noexcept;
    void end_rest() noexcept;
    [[nodiscard]] static std::size_t place_of(int family) noexcept { return family == AF_INET6 ? 1 : 0; }

    Sink& sink_;
    RandomSource& random_;
    UniqueFd epoll_;
    loop::Poll poll_;
    std::deque<Socket> sockets_;
    std::array<std::vector<Slot>, 2> idle_;     // IPv4, IPv6: empty sockets
    std::array<std::vector<Slot>, 2> resting_;  // disconnected since the epoll was last read
    std::vector<Slot> closed_;                  // slots without a socket
    std::uint32_t sockets_max_ = 0;
    std::uint32_t in_use_ = 0;
    std::vector<std::uint8_t> packet_;
};

}  // namespace cenote::upstream
