// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/tail_queue.h"

#include <fmt/format.h>

#include <utility>

namespace cenote::sinks {

TailQueue::TailQueue(HitFilter filter, LogOrigin origin, std::function<void()> on_lines)
    : filter_(std::move(filter)), on_lines_(std::move(on_lines)), origin_(std::move(origin)) {}

void TailQueue::take(const HitRecord& record) {
    if (record.hit.directive_key == telemetry::kKeyNone || !filter_.takes(record)) return;
    {
        const MutexLock lock(mutex_);
        ++sequence_;
        has_news_ = true;
        if (lines_.size() >= kBytesMax) {
            ++dropped_;
            return;
        }
        const bool was_below_half = lines_.size() < kBytesMax / 2;
        tell_dropped();
        lines_ += log_line(LogFormat::Jsonl, record, origin_, sequence_);
        lines_ += '\n';
        if (!was_below_half || lines_.size() < kBytesMax / 2) return;
    }
    on_lines_();
}

void TailQueue::end_round(WallTime) {
    {
        const MutexLock lock(mutex_);
        if (!std::exchange(has_news_, false)) return;
    }
    on_lines_();
}

void TailQueue::set_origin(LogOrigin origin) {
    const MutexLock lock(mutex_);
    origin_ = std::move(origin);
}

std::string TailQueue::take_lines(std::size_t bytes_max) {
    const MutexLock lock(mutex_);
    tell_dropped();
    if (lines_.size() <= bytes_max) return std::exchange(lines_, {});
    const auto before = lines_.rfind('\n', bytes_max - 1);
    const std::size_t size = (before != std::string::npos ? before : lines_.find('\n')) + 1;
    std::string first = lines_.substr(0, size);
    lines_.erase(0, size);
    return first;
}

void TailQueue::tell_dropped() {
    if (dropped_ != 0) lines_ += fmt::format("{{\"dropped\":{}}}\n", std::exchange(dropped_, 0));
}

}  // namespace cenote::sinks
