// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/proxied_port.h"

#include <utility>

namespace cenote::server {

std::span<engine::Datagram> ProxiedPort::receive() noexcept {
    received_ = port_->receive();
    for (engine::Datagram& datagram : received_)
        if (proxies_.has(datagram.client.peer.ip)) take_header(datagram);
    return received_;
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
    datagram.client.stream = paths_.keep({datagram.client.peer, datagram.client.local});
    set_client(header, datagram.client);
}

/// The replies leave from the address to which the proxy has sent, whatever address its client has asked.
std::uint32_t ProxiedPort::send(LateReplies& later) noexcept {
    for (engine::Datagram& datagram : received_)
        if (datagram.client.stream != 0) datagram.client.local = paths_.at(datagram.client.stream).local;
    return port_->send(later);
}

std::uint32_t ProxiedPort::send_late(LateReplies& replies) noexcept {
    for (LateReply& reply : replies.waiting()) {
        const std::uint32_t number = std::exchange(reply.client.stream, 0);
        if (number == 0) continue;
        const ProxyPath path = paths_.at(number);
        reply.client.peer = path.proxy;
        reply.client.local = path.local;
    }
    return port_->send_late(replies);
}

}  // namespace cenote::server
