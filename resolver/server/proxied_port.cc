// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/proxied_port.h"

#include <utility>

namespace cenote::server {

std::span<engine::Datagram> ProxiedPort::receive() noexcept {
    const std::span<engine::Datagram> received = port_->receive();
    for (engine::Datagram& datagram : received)
        if (proxies_.has(datagram.client.peer.ip)) take_header(datagram);
    return received;
}

void ProxiedPort::take_header(engine::Datagram& datagram) noexcept {
    wire::ProxyHeader header;
    const wire::ProxyRead read = wire::read_proxy_header(datagram.packet, header);
    if (read != wire::ProxyRead::Ok) {
        recorder_.count(refusal_of(read));
        datagram.packet = {};
        return;
    }
    datagram.packet = datagram.packet.subspan(header.size);
    if (!header.proxied) return;
    datagram.client.stream = paths_.keep(datagram.client.peer);
    datagram.client.peer = header.client;
}

std::uint32_t ProxiedPort::send_late(LateReplies& replies) noexcept {
    for (LateReply& reply : replies.waiting()) {
        const std::uint32_t path = std::exchange(reply.client.stream, 0);
        if (path != 0) reply.client.peer = paths_.at(path);
    }
    return port_->send_late(replies);
}

}  // namespace cenote::server
