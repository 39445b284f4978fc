// SPDX-License-Identifier: Apache-2.0
//
// UDP queries that have a fresh port each without a socket for each: they leave by a raw socket, from any port, and a
// program at the kernel's look-up of sockets gives their replies to one UDP socket of the worker that has sent them. So
// queries leave and replies are read in batches.
//
// Threads:  the control thread; a Lane is for one worker.
// Memory:   64 KiB of ports, and the buffers of the sockets.
// Failure:  none that ends anything: where it cannot be had there are no lanes, why() says why, and queries leave by
//           connected sockets.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/rawudp/lane.h"
#include "resolver/rawudp/program.h"
#include "resolver/rawudp/strays.h"

namespace cenote::rawudp {

class RawUdp {
public:
    /// Needs CAP_BPF, CAP_NET_ADMIN and CAP_NET_RAW, which may be given up afterwards.
    explicit RawUdp(std::uint32_t workers);
    ~RawUdp();
    RawUdp(const RawUdp&) = delete;
    RawUdp& operator=(const RawUdp&) = delete;

    /// One for each worker, or none.
    [[nodiscard]] const std::vector<Lane*>& lanes() const noexcept { return lanes_; }
    /// Before there are workers alone: there are no lanes, for this reason.
    void give_up(const std::string& why);
    /// The servers that are asked by UDP. Replies of those before are taken for some seconds more.
    void set_servers(std::vector<SocketAddress> servers, Ticks now);
    /// Follows what other programs do with ports; to be called about every second.
    void look(Ticks now);
    /// nullptr: there are no lanes.
    [[nodiscard]] Strays* strays() noexcept { return strays_.get(); }
    [[nodiscard]] StrayCounts stray_counts() const noexcept { return strays_ ? strays_->counts() : StrayCounts{}; }
    /// Empty: all servers are asked as intended.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    struct Leaving {
        SocketAddress server;
        Ticks until{};
    };

    [[nodiscard]] std::string open(std::uint32_t workers);

    std::unique_ptr<Program> program_;
    Published<std::vector<SocketAddress>> published_;
    std::vector<std::unique_ptr<Lane>> owned_;
    std::vector<Lane*> lanes_;
    std::unique_ptr<Strays> strays_;
    std::vector<SocketAddress> servers_;  // that the program has, sorted
    std::vector<Leaving> leaving_;        // that it still has
    std::string why_;
};

}  // namespace cenote::rawudp
