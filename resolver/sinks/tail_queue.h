// SPDX-License-Identifier: Apache-2.0
//
// The hits of directives that wait for one reader of `cenote tail`, as lines of JSON.
//
// What does not fit is dropped and counted: where lines are missing stands {"dropped":N}. Queries that no directive
// covers are left out, also while [log].what is "all".
//
// Threads:  take() and end_round() on the thread of HitReader, the rest on any.
// Memory:   kBytesMax, and one line more.
// Failure:  none.
#pragma once

#include <functional>
#include <string>

#include "resolver/base/mutex.h"
#include "resolver/sinks/hit_filter.h"
#include "resolver/sinks/log_line.h"

namespace cenote::sinks {

class TailQueue final : public HitSink {
public:
    static constexpr std::size_t kBytesMax = std::size_t{1} << 20;

    /// `on_lines` is called on the thread of HitReader when lines have come, and when half of the space is used.
    TailQueue(HitFilter filter, LogOrigin origin, std::function<void()> on_lines);

    void take(const HitRecord& record) override;
    void end_round(WallTime now) override;

    void set_origin(LogOrigin origin);
    /// Removes the first lines, each with its end: so many bytes at most, but one line at least; empty: none wait.
    [[nodiscard]] std::string take_lines(std::size_t bytes_max);

private:
    void tell_dropped() CENOTE_REQUIRES(mutex_);

    const HitFilter filter_;
    const std::function<void()> on_lines_;
    Mutex mutex_;
    LogOrigin origin_ CENOTE_GUARDED_BY(mutex_);
    std::string lines_ CENOTE_GUARDED_BY(mutex_);
    std::uint64_t dropped_ CENOTE_GUARDED_BY(mutex_) = 0;   // since the last line
    std::uint64_t sequence_ CENOTE_GUARDED_BY(mutex_) = 0;  // of all hits that the filter takes
    bool has_news_ CENOTE_GUARDED_BY(mutex_) = false;       // since the last round
};

}  // namespace cenote::sinks
