// SPDX-License-Identifier: Apache-2.0
//
// A UDP socket of the daemon: datagrams with both of their addresses.
//
// Threads:  one.
// Memory:   a batch of datagrams.
// Failure:  a datagram that the kernel does not take is lost, as it might be on its way; QUIC sends it again.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <optional>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/packet_info.h"
#include "resolver/quic/connection.h"

namespace cenote::quic {

class UdpSocket {
public:
    /// nullopt: it is no UDP socket with an address. `number`: Route::socket.
    static std::optional<UdpSocket> create(UniqueFd fd, std::uint32_t number);

    struct Datagram {
        Route route;
        ByteView packet;
    };
    /// What has come, at most a batch; valid until the next call.
    [[nodiscard]] const std::vector<Datagram>& receive() noexcept;
    void send(const Route& route, ByteView packet) noexcept;
    [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

private:
    static constexpr std::size_t kBatch = 32;
    static constexpr std::size_t kSize = 1500;  // longer packets than every path has room for are not asked for

    UdpSocket(UniqueFd fd, const SocketAddress& bound, std::uint32_t number);

    struct Place {
        sockaddr_storage peer;
        alignas(cmsghdr) std::array<std::uint8_t, kPacketInfoSize> control;
        std::array<std::uint8_t, kSize> bytes;
    };
    UniqueFd fd_;
    SocketAddress bound_;
    std::uint32_t number_;
    std::vector<Place> places_;
    std::vector<mmsghdr> headers_;
    std::vector<iovec> parts_;
    std::vector<Datagram> datagrams_;
};

}  // namespace cenote::quic
