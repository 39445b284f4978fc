// SPDX-License-Identifier: Apache-2.0
//
// Decides what is written into the history and when: each minute what the recorders have counted since the last one,
// the sketches of the hits, and gaps.
//
// A process that is killed loses what it counted since its last write, a minute at most; the next one writes a gap from
// that write on. A wall clock that is set forward leaves a gap, and what is old by it is kept for another hour, because
// it may be wrong; one that is set back adds to minutes that are there.
//
// Threads:  one at a time, but for DaySketches, which its caller protects.
// Time:     an argument.
// Memory:   the counters at the last write; 2 KiB for each directive, service and group with hits today.
// Failure:  a write that fails is tried again with the next minute, and its counts with it.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "resolver/history/store.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::history {

/// The sketches of a day by what their hits are of.
class DaySketches {
public:
    static constexpr std::size_t kSketchesMax = 20'000;  // further ones share the group "(other)"

    void add(const SketchKey& key, const telemetry::SketchCell& client, const telemetry::SketchCell& episode);
    [[nodiscard]] const std::map<SketchKey, SketchPair>& all() const noexcept { return sketches_; }

private:
    std::map<SketchKey, SketchPair> sketches_;
};

/// What the recorders counted from `before` to `now`.
[[nodiscard]] Counts counts_between(const telemetry::Metrics& before, const telemetry::Metrics& now,
                                    const telemetry::Keys& keys);

/// The signals of the same time.
[[nodiscard]] SignalCounts signals_between(const telemetry::Metrics& before, const telemetry::Metrics& now,
                                           const telemetry::Keys& keys);

class MinuteWriter {
public:
    using Collect = std::function<telemetry::Metrics()>;
    /// Hands over the sketches of the hits since the last call.
    using TakeSketches = std::function<DaySketches()>;

    /// Writes the gap since the last process that wrote into `store`. `keys` must outlive it.
    MinuteWriter(std::unique_ptr<Store> store, Options options, Collect collect, TakeSketches take_sketches,
                 const telemetry::Keys& keys, WallTime now, Ticks ticks);

    /// Writes when a minute has ended. To be called about every second.
    Status tick(WallTime now, Ticks ticks);
    /// Writes what was counted by now, and that this stop is on purpose.
    Status stop(WallTime now, Ticks ticks);
    void set_options(const Options& options) { options_ = options; }

    /// The secret seed of the month.
    [[nodiscard]] Result<std::uint64_t> seed(WallTime now) { return store_->seed_of_month(now); }
    [[nodiscard]] WallTime written_until() const noexcept { return last_; }

private:
    Status write(WallTime now, Ticks ticks);
    [[nodiscard]] std::optional<Gap> gap_before(WallTime now, Ticks ticks) const;

    std::unique_ptr<Store> store_;
    Options options_;
    Collect collect_;
    TakeSketches take_sketches_;
    const telemetry::Keys& keys_;
    telemetry::Metrics before_;                  // at the last write
    std::map<SketchKey, SketchPair> unwritten_;  // of the day of last_, not on disk yet
    WallTime last_{};                            // of the last write
    WallTime tried_{};                           // of the last one that failed
    Error failure_;                              // why; empty: it did not
    Ticks last_ticks_{};
    WallTime pruned_{};
};

}  // namespace cenote::history
