// SPDX-License-Identifier: Apache-2.0
//
// The floor under every UDP server: recvmmsg, one bit turned in each datagram, sendmmsg, and nothing else. As many
// datagrams a batch as cenoted takes. With --tcp, --tls or --https it is one of the floors of stream_echo.h, with --xdp
// that of xdp_echo.h.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <string_view>

#include "bench/load/stream_echo.h"
#include "bench/load/xdp_echo.h"
#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/server/options.h"

namespace {

constexpr std::size_t kBatch = cenote::server::Options{}.batch;

struct Batch {
    std::array<mmsghdr, kBatch> messages{};
    std::array<iovec, kBatch> parts{};
    std::array<sockaddr_storage, kBatch> peers;
    std::array<std::array<std::uint8_t, 4096>, kBatch> packets;

    /// False: fewer came than fit.
    bool turn(int fd) {
        for (std::size_t i = 0; i < kBatch; ++i) {
            parts[i] = {packets[i].data(), packets[i].size()};
            messages[i].msg_hdr = {};
            messages[i].msg_hdr.msg_name = &peers[i];
            messages[i].msg_hdr.msg_namelen = sizeof peers[i];
            messages[i].msg_hdr.msg_iov = &parts[i];
            messages[i].msg_hdr.msg_iovlen = 1;
        }
        const int count = recvmmsg(fd, messages.data(), kBatch, MSG_DONTWAIT, nullptr);
        for (std::size_t i = 0; static_cast<int>(i) < count; ++i) {
            packets[i][2] |= 0x80;  // QR
            parts[i].iov_len = messages[i].msg_len;
        }
        for (int sent = 0; sent < count;) {
            const int more = sendmmsg(fd, &messages[static_cast<std::size_t>(sent)],
                                      static_cast<unsigned>(count - sent), MSG_DONTWAIT);
            sent += more > 0 ? more : 1;
        }
        return count == static_cast<int>(kBatch);
    }
};

int echo_datagrams(const cenote::SocketAddress& where) {
    const cenote::UniqueFd fd(socket(where.family(), SOCK_DGRAM, 0));
    const int buffer = 4 << 20;  // as cenoted's
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer);
    sockaddr_storage native;
    const socklen_t size = where.to_native(native);
    if (bind(fd.get(), reinterpret_cast<sockaddr*>(&native), size) != 0) {
        fmt::print(stderr, "echo: cannot bind {}\n", where.to_string());
        return 1;
    }
    static Batch batch;
    pollfd readable{fd.get(), POLLIN, 0};
    for (;;) {
        poll(&readable, 1, -1);
        while (batch.turn(fd.get())) {
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view kind = argc > 2 ? argv[1] : "";
    const bool over_tcp = argc == 3 && kind == "--tcp";
    const bool over_xdp = argc == 4 && kind == "--xdp";
    const bool with_tls = argc == 5 && (kind == "--tls" || kind == "--https");
    const bool known = argc == 2 || over_tcp || over_xdp || with_tls;
    const auto where = known ? cenote::SocketAddress::parse(argv[argc - 1], 0) : std::nullopt;
    if (!where) {
        fmt::print(stderr,
                   "usage: echo [--tcp | --tls CHAIN KEY | --https CHAIN KEY | --xdp INTERFACE] ADDRESS:PORT\n");
        return 2;
    }
    if (over_xdp) return cenote::echo::serve_frames(argv[2], *where);
    using cenote::echo::Protocol;
    if (argc == 2) return echo_datagrams(*where);
    if (over_tcp) return cenote::echo::serve(Protocol::Tcp, nullptr, nullptr, *where);
    return cenote::echo::serve(kind == "--tls" ? Protocol::Tls : Protocol::Http, argv[2], argv[3], *where);
}
