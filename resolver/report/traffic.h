// SPDX-License-Identifier: Apache-2.0
//
// What was asked since the start, as `cenote stats` and `cenote top` print it with --json.
//
// Threads: pure, but for the lock in Keys.   Time: arguments.   Memory: the answer.   Failure: none.
#pragma once

#include <span>

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

[[nodiscard]] Json stats_json(const telemetry::Metrics& metrics, const telemetry::Keys& keys, const cache::Stats& cache,
                              const ClockPair& now);

enum class TopSampled : std::uint8_t { Names, Clients };
/// Names with their clients, or clients with their names, in the order given.
[[nodiscard]] Json top_sampled_json(TopSampled what, std::span<const telemetry::TopRow> rows);

enum class TopCounted : std::uint8_t { Services, Groups };
/// The `rows` services or groups with the most queries, each with its verdicts.
[[nodiscard]] Json top_counted_json(TopCounted what, const telemetry::Metrics& metrics, const telemetry::Keys& keys,
                                    std::size_t rows);

}  // namespace cenote::report
