// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/udp_socket.h"

#include <utility>

#include "resolver/quic/native.h"

namespace cenote::quic {

std::optional<UdpSocket> UdpSocket::create(UniqueFd fd, std::uint32_t number) {
    int type = 0;
    socklen_t size = sizeof type;
    sockaddr_storage native{};
    socklen_t native_size = sizeof native;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM ||
        ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &native_size) != 0 ||
        (native.ss_family != AF_INET && native.ss_family != AF_INET6))
        return std::nullopt;
    return UdpSocket(std::move(fd), SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)), number);
}

UdpSocket::UdpSocket(UniqueFd fd, const SocketAddress& bound, std::uint32_t number)
    : fd_(std::move(fd)), bound_(bound), number_(number), places_(kBatch), headers_(kBatch), parts_(kBatch) {
    datagrams_.reserve(kBatch);
}

const std::vector<UdpSocket::Datagram>& UdpSocket::receive() noexcept {
    datagrams_.clear();
    for (std::size_t i = 0; i < kBatch; ++i) {
        parts_[i] = {places_[i].bytes.data(), places_[i].bytes.size()};
        msghdr& header = headers_[i].msg_hdr;
        header = {};
        header.msg_name = &places_[i].peer;
        header.msg_namelen = sizeof places_[i].peer;
        header.msg_iov = &parts_[i];
        header.msg_iovlen = 1;
        header.msg_control = places_[i].control.data();
        header.msg_controllen = places_[i].control.size();
    }
    const int count = ::recvmmsg(fd_.get(), headers_.data(), kBatch, MSG_DONTWAIT, nullptr);
    for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(count, 0)); ++i) {
        if ((headers_[i].msg_hdr.msg_flags & MSG_TRUNC) != 0) continue;
        Route route{.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&places_[i].peer)),
                    .local = bound_,
                    .socket = number_};
        if (bound_.ip.is_unspecified()) {
            const PacketInfo info = read_packet_info(headers_[i].msg_hdr);
            route.local.ip = info.local;
            route.local.scope_id = route.peer.scope_id;
        }
        datagrams_.push_back({route, ByteView(places_[i].bytes).first(headers_[i].msg_len)});
    }
    return datagrams_;
}

void UdpSocket::send(const Route& route, ByteView packet) noexcept {
    if (packet.empty()) return;
    NativeAddress peer(route.peer);
    iovec part{const_cast<std::uint8_t*>(packet.data()), packet.size()};
    alignas(cmsghdr) std::array<std::uint8_t, kPacketInfoSize> control{};
    msghdr header{};
    header.msg_name = peer.get();
    header.msg_namelen = peer.size;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (bound_.ip.is_unspecified()) {
        header.msg_control = control.data();
        header.msg_controllen = write_packet_info({route.local.ip, route.local.scope_id}, control);
    }
    static_cast<void>(::sendmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace cenote::quic
