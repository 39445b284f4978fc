// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/xdp_port.h"

#include <algorithm>
#include <utility>

#include "resolver/server/udp_messages.h"

namespace cenote::server {

using xdp::FrameRead;
using xdp::QueueCounts;

XdpPort::XdpPort(xdp::Queue& queue, std::vector<Listener> listeners, std::uint32_t batch)
    : queue_(queue),
      listeners_(std::move(listeners)),
      frames_(batch),
      slots_(batch),
      datagrams_(batch),
      arena_(batch * kLateReplyMax + wire::kMessageMax) {}

/// The socket of the very address, as the kernel chooses it too; else that of all addresses.
const XdpPort::Listener* XdpPort::listener_of(const SocketAddress& local) const noexcept {
    const Listener* found = nullptr;
    for (const Listener& each : listeners_) {
        if (each.address.port != local.port) continue;
        if (each.address.ip == local.ip) return &each;
        if (each.address.ip.is_unspecified() && each.address.ip.is_v4() == local.ip.is_v4()) found = &each;
    }
    return found;
}

/// Makes the frame the next datagram. False: it is none.
bool XdpPort::read(const xdp::Received& frame) noexcept {
    Slot& slot = slots_[received_];
    slot.frame = frame;
    const ByteView bytes = queue_.socket->memory_of(frame).first(frame.size);
    const FrameRead read = xdp::read_frame(bytes, slot.query);
    const Listener* const listener = read == FrameRead::Ok ? listener_of(slot.query.local) : nullptr;
    if (listener == nullptr) {
        QueueCounts::add(read == FrameRead::BadChecksum ? queue_.counts.bad_checksum : queue_.counts.not_plain);
        return false;
    }
    engine::Datagram& datagram = datagrams_[received_++];
    datagram = {};
    datagram.client.listener = static_cast<std::uint32_t>(listener - listeners_.data());
    datagram.client.peer = slot.query.peer;
    if (listener->address.ip.is_unspecified()) {
        datagram.client.local = slot.query.local.ip;
        if (!slot.query.local.ip.is_v4()) datagram.client.interface = queue_.interface;
    }
    datagram.packet = bytes.subspan(slot.query.payload_at, slot.query.payload_size);
    return true;
}

std::span<engine::Datagram> XdpPort::receive() noexcept {
    for (const Slot& slot : std::span(slots_).first(received_)) queue_.socket->give_back(slot.frame);
    received_ = 0;
    const std::size_t count = queue_.socket->receive(frames_);
    for (const xdp::Received& frame : std::span(frames_).first(count))
        if (!read(frame)) queue_.socket->give_back(frame);
    return std::span(datagrams_).first(received_);
}

bool XdpPort::write(const Slot& slot, ByteView reply) noexcept {
    const std::size_t size = xdp::write_reply(queue_.socket->memory_of(slot.frame), slot.query, reply, random_.u16());
    return size != 0 && queue_.socket->send(slot.frame, size);
}

std::uint32_t XdpPort::send(LateReplies& later) noexcept {
    std::uint32_t lost = 0;
    for (std::size_t i = 0; i < received_; ++i) {
        const engine::Datagram& datagram = datagrams_[i];
        if (!datagram.reply.empty() && write(slots_[i], datagram.reply)) continue;
        queue_.socket->give_back(slots_[i].frame);
        if (datagram.reply.empty()) continue;
        QueueCounts::add(queue_.counts.no_room);
        if (!later.add(datagram.client, datagram.reply)) ++lost;
    }
    received_ = 0;
    flush();  // what is left goes out with the next one
    return lost;
}

std::uint32_t XdpPort::send_late(LateReplies& replies) noexcept {
    SendResult all;
    for (const LateReply& reply : std::as_const(replies).waiting()) {
        const Listener& listener = listeners_[reply.client.listener];
        UdpAddresses addresses;
        iovec part;
        mmsghdr message{};
        make_message(reply, listener.address.ip.is_unspecified(), addresses, part, message.msg_hdr);
        const auto [done, lost] = send_all(listener.fd, {&message, 1});
        if (done == 0) break;
        ++all.done;
        all.lost += lost;
    }
    replies.remove(all.done);
    return all.lost;
}

}  // namespace cenote::server
