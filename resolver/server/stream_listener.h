// SPDX-License-Identifier: Apache-2.0
//
// The listening stream sockets of a worker and all connections that they accepted.
//
// Threads:  one worker. Data plane, except for accepting, which allocates a connection.
// Memory:   Options::tcp_connections_max connections.
// Failure:  over a limit a new connection replaces another (connection_table.h), or it is closed at once and counted;
//           without free descriptors accepting pauses. Behind a proxy the limits are those of the client that its
//           header names.
#pragma once

#include <memory>
#include <vector>

#include "resolver/base/connection_table.h"
#include "resolver/server/connection.h"
#include "resolver/server/proxy_gate.h"
#include "resolver/server/sockets.h"
#include "resolver/server/tls_gate.h"

namespace cenote::server {

class StreamListener final : private ConnectionOwner {
public:
    StreamListener(loop::Loop& loop, const std::vector<ListenSocket>& sockets, const Options& options,
                   engine::Engine& engine, telemetry::Recorder& recorder, transfer::XfrQueue* xfr_queue,
                   transfer::Outlet& outlet, Published<loop::TlsServer>& tls, const Proxies& proxies);

    void send(const engine::Client& client, ByteView reply) noexcept;
    /// Sends a part of a transfer to its connection.
    void send_part(const transfer::Part& part) noexcept;
    /// Accepts no more connections; open ones get a notice where their protocol has one, and are served as before.
    void stop() noexcept;
    void close_all() noexcept;
    [[nodiscard]] std::uint32_t open() const noexcept { return table_.used(); }

private:
    void accept_all(const ListenSocket& socket) noexcept;
    bool accept_one(const ListenSocket& socket) noexcept;
    enum class Paused : std::uint8_t { Tls, All };
    void pause_accepting(Paused which, milliseconds pause) noexcept;
    void welcome(UniqueFd fd, Protocol protocol, const engine::Client& client) noexcept;
    void begin(UniqueFd fd, Protocol protocol, engine::Client client) noexcept;
    bool make_room(const IpAddress& client) noexcept;
    void on_activity(const Connection& connection) noexcept override;
    void on_finished(const Connection& connection) noexcept override;
    void close_finished() noexcept;
    void sweep() noexcept;
    [[nodiscard]] bool has_lost_identity(Connection& connection, Ticks now) noexcept;
    void close(SlabHandle handle) noexcept;
    [[nodiscard]] Connection* find(SlabHandle connection) noexcept;
    [[nodiscard]] double share_used() const noexcept;
    void renew_idle_timeout() noexcept;

    const Options& options_;
    telemetry::Recorder& recorder_;
    loop::Loop& loop_;
    loop::StreamBuffers buffers_;
    std::vector<std::uint8_t> reply_;
    std::unique_ptr<loop::ByteSpace> space_;
    http::StreamPool streams_;
    const Proxies& proxies_;
    ConnectionContext context_;
    ConnectionTable table_;
    TlsGate tls_gate_;
    ProxyGate proxy_gate_;
    std::vector<std::unique_ptr<Connection>> connections_;  // by the slots of table_
    std::vector<SlabHandle> finished_;                      // to be closed when the turn of the loop ends
    struct Accepting {
        Protocol protocol;
        std::unique_ptr<loop::Poll> poll;
    };
    std::vector<Accepting> accepting_;
    loop::TurnEnd turn_end_;
    loop::Timer sweep_;  // closes idle and slow connections; runs while there are connections
    std::uint32_t swept_ = 0;
    loop::Timer accept_again_;
};

}  // namespace cenote::server
