// SPDX-License-Identifier: Apache-2.0
//
// The work of cenote-quic for one daemon, from the settings that it sends until one of the two ends: datagrams to the
// endpoint, queries to the workers of the daemon, replies back.
//
// Threads:  one.
// Time:     reads the monotonic clock once a turn.
// Memory:   the endpoint; kQueriesMax queries under way; kWaitingMax bytes of queries that a worker does not take.
// Failure:  run() says why it ended. A query for which there is no room is reset.
#pragma once

#include <deque>
#include <vector>

#include "resolver/quic/endpoint.h"
#include "resolver/quic/udp_socket.h"

namespace cenote::quic {

class Session final : private Outlet {
public:
    static constexpr std::uint32_t kQueriesMax = 32768;
    static constexpr std::size_t kWaitingMax = 4U << 20;

    /// `control`: the socket of the daemon. `descriptors`: what came with the settings, as many as they say.
    Session(UniqueFd control, const relay::Settings& settings, std::vector<UniqueFd> descriptors);

    enum class End : std::uint8_t {
        Signal,  // this process is to end
        Daemon,  // the daemon has ended, or was replaced
        Broken,  // the daemon has sent what is none of the protocol
    };
    /// Serves; `signals`: a signalfd(2).
    End run(int signals);

private:
    struct Query {
        SlabHandle connection;
        std::int64_t stream = 0;
    };
    struct Waiting {
        SlabHandle query;
        std::vector<std::uint8_t> packet;
    };
    struct Link {
        UniqueFd socket;
        std::deque<Waiting> waiting;
    };

    void wait(int signals, Ticks now);
    [[nodiscard]] bool take_signal(int signals) const;
    void read_control();
    void read_link(Link& link, Ticks now);
    void take_reply(ByteView packet, Ticks now);
    void send_waiting(Link& link);
    void every_second(Ticks now);

    void send_datagram(const Route& route, ByteView packet) noexcept override;
    SlabHandle take_query(SlabHandle connection, std::int64_t stream, const Route& route, ByteView message) override;
    void drop_query(SlabHandle query) override;

    UniqueFd control_;
    std::vector<UdpSocket> sockets_;
    std::vector<Link> links_;
    std::size_t waiting_ = 0;  // bytes
    Slab<Query> queries_{kQueriesMax};
    std::vector<std::uint8_t> packet_;
    std::optional<End> ended_;
    Ticks next_second_{};
    Endpoint endpoint_;
};

}  // namespace cenote::quic
