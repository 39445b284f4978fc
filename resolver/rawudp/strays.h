// SPDX-License-Identifier: Apache-2.0
//
// Datagrams of upstream servers to ports from which no query of ours is under way. Where a socket of another program
// has the port, it gets them: the datagram is sent to it once more, through this machine, and the port is left to it
// from then on. All others end here without an ICMP error, so that they do not show which ports are in use.
//
// Threads:  the control thread.
// Memory:   64 KiB, and the receive buffers of the sockets.
// Failure:  none: what cannot be handed over is lost, as any datagram may be.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/rawudp/lane.h"

namespace cenote::rawudp {

struct StrayCounts {
    std::uint64_t handed_over = 0;
    std::uint64_t dropped = 0;
};

class Strays {
public:
    Strays(Way v4, Way v6, Ports ports);

    [[nodiscard]] const Way& way(int family) const noexcept { return family == AF_INET6 ? v6_ : v4_; }
    /// Reads some of what has come to the UDP socket of a family.
    void read(int family);
    /// Ports that no other program has any more are used again; to be called about every second.
    void look();
    [[nodiscard]] StrayCounts counts() const noexcept { return counts_; }

private:
    bool read_one(const Way& way);
    void hand_over(const Way& way, const SocketAddress& from, const SocketAddress& to, ByteView payload);
    [[nodiscard]] bool is_bound(std::uint16_t port);

    Way v4_;
    Way v6_;
    Ports ports_;
    std::vector<std::uint8_t> buffer_;  // room for headers, and a datagram
    std::vector<std::uint16_t> given_;  // ports of other programs
    std::uint32_t tests_ = 0;           // of ports, since the last look()
    StrayCounts counts_;
};

}  // namespace cenote::rawudp
