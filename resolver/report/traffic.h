// SPDX-License-Identifier: Apache-2.0
//
// What was asked since the start, as `cenote stats` and `cenote top` print it with --json.
//
// Threads: pure, but for the lock in Keys.   Time: arguments.   Memory: the answer.   Failure: none.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "resolver/cache/cache.h"
#include "resolver/report/values.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::report {

/// One moment on both clocks.
struct ClockPair {
    Ticks ticks{};
    WallTime wall{};

    [[nodiscard]] WallTime wall_at(Ticks before) const { return wall - std::chrono::floor<seconds>(ticks - before); }
};

/// What may be shown of the clients that query ways around this resolver: their number, and a row of each.
struct BypassView {
    std::string hidden;          // why there are no rows; empty: there are
    std::uint32_t smallest = 0;  // a smaller number is not shown ([privacy])
    std::function<std::string(const IpAddress& client)> name;
};

[[nodiscard]] Json stats_json(const telemetry::Metrics& metrics, const telemetry::Keys& keys, const cache::Stats& cache,
                              const ClockPair& now, const BypassView& bypass);

enum class TopSampled : std::uint8_t { Names, Clients };
/// Names with their clients, or clients with their names, in the order given.
[[nodiscard]] Json top_sampled_json(TopSampled what, std::span<const telemetry::TopRow> rows);

enum class TopCounted : std::uint8_t { Services, Groups };
/// The `rows` services or groups with the most queries, each with its verdicts.
[[nodiscard]] Json top_counted_json(TopCounted what, const telemetry::Metrics& metrics, const telemetry::Keys& keys,
                                    std::size_t rows);

}  // namespace cenote::report
