// SPDX-License-Identifier: Apache-2.0
//
// A DatagramPort behind proxies: the PROXY header in front of each of their datagrams is read and taken away, and its
// client is the client of the query. Used only where there are proxies, so that others do not pay for it.
//
// Threads:  one worker. Data plane.
// Memory:   none of its own.
// Failure:  a datagram of a proxy without a valid header is counted, and becomes an empty one, which gets no reply: a
//           reply would go to a client that did not ask. Of other addresses a header is a malformed query.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "resolver/server/datagram_port.h"
#include "resolver/server/proxies.h"

namespace cenote::server {

class ProxiedPort final : public DatagramPort {
public:
    /// Proxies, paths and recorder must outlive it.
    ProxiedPort(std::unique_ptr<DatagramPort> port, const Proxies& proxies, ProxyPaths& paths,
                telemetry::Recorder& recorder)
        : port_(std::move(port)), proxies_(proxies), paths_(paths), recorder_(recorder) {}

    [[nodiscard]] int fd() const noexcept override { return port_->fd(); }
    [[nodiscard]] std::uint32_t batch_max() const noexcept override { return port_->batch_max(); }
    std::span<engine::Datagram> receive() noexcept override;
    [[nodiscard]] MutableBytes reply_space() noexcept override { return port_->reply_space(); }
    std::uint32_t send(LateReplies& later) noexcept override;
    std::uint32_t send_late(LateReplies& replies) noexcept override;

private:
    void take_header(engine::Datagram& datagram) noexcept;

    std::unique_ptr<DatagramPort> port_;
    const Proxies& proxies_;
    ProxyPaths& paths_;
    telemetry::Recorder& recorder_;
    std::span<engine::Datagram> received_;  // last
};

}  // namespace cenote::server
