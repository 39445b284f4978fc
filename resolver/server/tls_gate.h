// SPDX-License-Identifier: Apache-2.0
//
// Which TLS connections a worker begins: those of a client with few handshakes under way, and only so many in a time,
// because a handshake costs as much as some hundred answers. Others wait in the queue of the kernel.
//
// Threads:  one worker.
// Time:     an argument.
// Memory:   a bit for each connection, a table of counts by client.
// Failure:  a connection that is refused is counted and closed.
#pragma once

#include <memory>
#include <vector>

#include "resolver/base/address_counts.h"
#include "resolver/base/published.h"
#include "resolver/base/slab.h"
#include "resolver/loop/tls_server.h"
#include "resolver/server/options.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::server {

class TlsGate {
public:
    static constexpr milliseconds kSpan{25};
    static constexpr std::uint32_t kHandshakesPerSpan = 40;

    /// All arguments must outlive it.
    TlsGate(Published<loop::TlsServer>& source, loop::StreamBuffers& buffers, const Options& options,
            telemetry::Recorder& recorder);

    /// Whether another handshake may begin now; false: after kSpan.
    [[nodiscard]] bool is_open(Ticks now) noexcept;
    /// Whether this client may begin one; otherwise it is counted as refused.
    [[nodiscard]] bool admits(const IpAddress& client) noexcept;
    /// The transport of a connection that was admitted, and now has its place; nullptr: refused.
    [[nodiscard]] std::unique_ptr<loop::Transport> begin(UniqueFd fd, SlabHandle connection, const IpAddress& client,
                                                         loop::Alpn alpn);
    /// Looks whether a handshake has ended; `closing`: the connection ends.
    void look(SlabHandle connection, const IpAddress& client, const loop::Transport& transport, bool closing) noexcept;
    /// Which certificates of clients are valid at present (TlsServer::trust()); 0: none.
    [[nodiscard]] std::uint64_t trust() noexcept;

private:
    Reader<loop::TlsServer> tls_;
    loop::TlsBuffers buffers_;
    const Options& options_;
    telemetry::Recorder& recorder_;
    AddressCounts handshakes_;     // under way
    std::vector<bool> under_way_;  // by the slot of the connection
    std::uint32_t left_ = kHandshakesPerSpan;
    Ticks span_{};  // when the present one began
};

}  // namespace cenote::server
