// SPDX-License-Identifier: Apache-2.0
//
// Queries over UDP, each from a fresh random port, that leave by a raw socket in batches and have no socket of their
// own (rawudp/rawudp.h). The port is one of 1024 to 65535 that has no owner.
//
// A reply counts where the query is under way from its port, and comes from the address and port that were asked, to
// the address that has asked: as strict as a connected socket is. ICMP errors are not seen.
//
// Threads:  one thread. Data plane.
// Memory:   fixed by keep(): some 700 bytes for each query, 64 KiB of ports and 160 KiB of buffers.
// Failure:  ask() is false where there is no room; what the kernel refuses to send is reported.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/base/random.h"
#include "resolver/loop/loop.h"
#include "resolver/rawudp/lane.h"
#include "resolver/rawudp/packet.h"
#include "resolver/upstream/inflight.h"
#include "resolver/upstream/udp_exchange.h"

namespace cenote::upstream {

class RawExchange {
public:
    class Sink : public UdpExchange::Sink {
    public:
        /// The kernel has not sent the query, and would not the next time; its slot is still in use.
        virtual void on_unsent(const AttemptRef& attempt) noexcept = 0;
        /// reaches() may give other answers.
        virtual void on_sources() noexcept = 0;

    protected:
        ~Sink() = default;
    };

    using Slot = std::uint32_t;
    using Place = std::uint16_t;  // of a server in the list of set_servers()

    RawExchange(loop::Loop& loop, Sink& sink, RandomSource& random, rawudp::Lane& lane);
    ~RawExchange();
    RawExchange(const RawExchange&) = delete;
    RawExchange& operator=(const RawExchange&) = delete;

    /// How many queries may be under way; never fewer than before. Control plane, like set_servers().
    void keep(std::uint32_t queries_max);
    void set_servers(const std::vector<SocketAddress>& servers);
    /// Whether a source address for the server is known, and its replies come to this worker.
    [[nodiscard]] bool reaches(Place server) const noexcept { return peers_[server].usable; }

    /// Of a server that it reaches(). The query leaves at the end of the turn. False: there is no room.
    [[nodiscard]] bool ask(Place server, const Query& query, Manner manner, const AttemptRef& attempt,
                           Slot& slot) noexcept;
    void release(Slot slot) noexcept;

private:
    struct Peer {
        SocketAddress server;
        IpAddress source;
        bool usable = false;
    };

    struct Sent {
        bool in_use = false;
        rawudp::Endpoints endpoints;
        AttemptRef attempt;
        std::uint16_t headers_size = 0;
        std::uint16_t size = 0;                                      // of the query
        std::array<std::uint8_t, rawudp::kHeadersMax + 512> packet;  // headers, and the query behind kHeadersMax
    };

    struct Arrival {
        sockaddr_storage from;
        alignas(cmsghdr) std::uint8_t control[rawudp::kArrivalControl];
        std::array<std::uint8_t, wire::kUdpSize + 1>
            packet;  // a longer one than was advertised is as good as truncated
    };

    void find_sources() noexcept;
    [[nodiscard]] IpAddress source_for(const SocketAddress& server) noexcept;
    [[nodiscard]] bool take_port(const Peer& peer, std::uint16_t& port) noexcept;
    void flush() noexcept;
    void flush(int family) noexcept;
    void send(int family, std::span<const Slot> slots) noexcept;
    void receive(int family) noexcept;
    void take(const Arrival& arrival, const msghdr& header, std::size_t size) noexcept;

    Sink& sink_;
    RandomSource& random_;
    rawudp::Lane& lane_;
    Reader<std::vector<SocketAddress>> servers_;
    std::vector<Peer> peers_;
    std::array<UniqueFd, 2> probes_;  // IPv4, IPv6: sockets by which the source address of a route is found
    std::vector<Sent> sent_;
    std::vector<Slot> free_;
    std::vector<Slot> due_;             // to be sent at the end of the turn
    std::vector<std::uint16_t> slots_;  // by port; kNoSlot: none
    std::vector<Arrival> arrivals_;
    std::optional<loop::Poll> poll4_;
    std::optional<loop::Poll> poll6_;
    loop::TurnEnd turn_end_;
    loop::Timer refresh_;
};

}  // namespace cenote::upstream
