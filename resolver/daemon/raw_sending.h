// SPDX-License-Identifier: Apache-2.0
//
// Queries to upstream servers by raw sockets ([upstream].raw), as the control thread holds them: the servers that the
// kernel has, and what comes to ports from which no query is under way.
//
// Threads:  the control thread; a lane is for one worker.
// Memory:   that of rawudp::RawUdp.
// Failure:  none: why() says why sockets are used in their place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/rawudp/rawudp.h"
#include "resolver/upstream/options.h"

namespace cenote::daemon {

class RawSending {
public:
    /// While this process has the capabilities that it needs.
    RawSending(loop::Loop& loop, std::uint32_t workers);
    RawSending(const RawSending&) = delete;
    RawSending& operator=(const RawSending&) = delete;

    /// Before there are workers alone.
    void give_up(const std::string& why);
    /// Those of the default and of all routes that are asked by UDP.
    void set_servers(const upstream::Options& options);
    /// To be called about every second.
    void look() { raw_.look(ticks_now()); }

    [[nodiscard]] const std::vector<rawudp::Lane*>& lanes() const noexcept { return raw_.lanes(); }
    [[nodiscard]] const std::string& why() const noexcept { return raw_.why(); }
    [[nodiscard]] rawudp::StrayCounts strays() const noexcept { return raw_.stray_counts(); }

private:
    rawudp::RawUdp raw_;
    std::optional<loop::Poll> strays4_;
    std::optional<loop::Poll> strays6_;
};

}  // namespace cenote::daemon
