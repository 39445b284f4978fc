// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/proof.h"

#include <poll.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "resolver/proof/lane.h"

namespace cenote::proof {
namespace {

std::uint64_t sum(const std::vector<LaneResult>& lanes, std::uint64_t LaneResult::*of) {
    return std::accumulate(lanes.begin(), lanes.end(), std::uint64_t{0},
                           [of](std::uint64_t so_far, const LaneResult& lane) { return so_far + lane.*of; });
}

/// Waits until a socket is ready or a query is due; at most so long that `stop` is seen soon.
void wait(const std::vector<std::unique_ptr<Lane>>& lanes) {
    constexpr milliseconds kLongest{100};
    std::vector<pollfd> sockets;
    Ticks due = ticks_now() + kLongest;
    for (const auto& lane : lanes) {
        if (lane->over()) continue;
        lane->wait_for(sockets);
        if (const auto next = lane->due()) due = std::min(due, *next);
    }
    const auto left = std::chrono::ceil<milliseconds>(due - ticks_now());
    static_cast<void>(
        ::poll(sockets.data(), sockets.size(), static_cast<int>(std::max(left, milliseconds{0}).count())));
}

}  // namespace

std::uint64_t ProofResult::checks() const noexcept { return sum(lanes, &LaneResult::checks); }
std::uint64_t ProofResult::deviations() const noexcept { return sum(lanes, &LaneResult::deviations); }
std::uint64_t ProofResult::unresolved() const noexcept { return sum(lanes, &LaneResult::unresolved); }

ProofResult prove(const Plan& plan, const std::vector<Asked>& asked, const ProofOptions& options,
                  const std::atomic<bool>& stop, const std::function<void(std::uint64_t checks)>& progress) {
    ProofResult result;
    std::vector<std::unique_ptr<Lane>> lanes;
    for (const Asked& each : asked) lanes.push_back(std::make_unique<Lane>(plan, each, options, result.rows));
    const auto is_over = [](const std::unique_ptr<Lane>& lane) { return lane->over(); };
    while (!std::ranges::all_of(lanes, is_over) && !stop.load()) {
        std::uint64_t checks = 0;
        for (const auto& lane : lanes) {
            if (!lane->over()) lane->turn(ticks_now());
            checks += lane->checks();
        }
        progress(checks);
        if (!std::ranges::all_of(lanes, is_over)) wait(lanes);
    }
    result.ended_early = !std::ranges::all_of(lanes, is_over);
    for (const auto& lane : lanes) result.lanes.push_back(lane->finish());
    return result;
}

}  // namespace cenote::proof
