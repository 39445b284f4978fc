// SPDX-License-Identifier: Apache-2.0
//
// Connections of proxies whose PROXY header has not arrived in full. The header comes in the clear, in front of TLS
// too; not a byte behind it is read here.
//
// Threads:  one worker. Data plane, except that a connection whose header is late is allocated.
// Time:     that of the loop.
// Memory:   at most Options::proxy_headers_max connections, of a KiB each.
// Failure:  a connection without a valid header is closed and counted; one that ends before its first byte, as a health
//           check does that only connects, is closed alone.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/engine/client.h"
#include "resolver/loop/loop.h"
#include "resolver/server/options.h"
#include "resolver/server/proxies.h"

namespace cenote::server {

class ProxyGate {
public:
    /// Takes a connection behind its header; client.peer is the client of the proxy, or the proxy itself.
    using Deliver = std::function<void(UniqueFd fd, Protocol protocol, const engine::Client& client)>;
    /// Options and recorder must outlive it.
    ProxyGate(loop::Loop& loop, const Options& options, telemetry::Recorder& recorder, Deliver deliver);

    /// Delivers an accepted connection of a proxy, in this call if its header is there.
    void take(UniqueFd fd, Protocol protocol, const engine::Client& client) noexcept;
    void close_all() noexcept;
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

private:
    struct Arrival {
        UniqueFd fd;
        Protocol protocol = Protocol::Tcp;
        engine::Client client;
        Ticks since{};
        std::size_t size = 0;  // of what has been read
        std::array<std::uint8_t, wire::kProxyHeaderMax> bytes;
        std::unique_ptr<loop::Poll> poll;
        bool over = false;  // delivered or closed
    };
    void go_on(Arrival& arrival) noexcept;
    void refuse(Arrival& arrival, telemetry::Counter counter) noexcept;
    static void close(Arrival& arrival) noexcept;
    void remove_over() noexcept;
    void expire() noexcept;

    loop::Loop& loop_;
    const Options& options_;
    telemetry::Recorder& recorder_;
    Deliver deliver_;
    std::vector<std::unique_ptr<Arrival>> waiting_;
    loop::Timer clock_;  // runs while connections wait
};

}  // namespace cenote::server
