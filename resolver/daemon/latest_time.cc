// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/latest_time.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::daemon {
namespace {

constexpr seconds kTolerated{300};  // corrections by a few seconds are normal

}  // namespace

void LatestTime::start(WallTime latest, Ticks now) noexcept {
    latest_ = latest;
    seen_at_ = now;
}

WallTime LatestTime::at(WallTime wall, Ticks now) noexcept {
    const WallTime gone_on = latest_ + std::chrono::floor<seconds>(now - seen_at_);
    if (wall < gone_on) return gone_on;
    start(wall, now);
    return wall;
}

std::string clock_problem(WallTime wall, WallTime latest) {
    if (latest - wall < kTolerated) return {};
    return fmt::format("the clock says {}, but it was {} before: what had ended stays ended, what had begun holds",
                       format_time(wall), format_time(latest));
}

policy::Options adjust_to_latest(const policy::Options& options, WallTime wall, WallTime latest) {
    const auto was_seen = [&](WallTime at) { return wall < at && at <= latest; };
    policy::Options now = options;
    for (policy::Directive& directive : now.directives) {
        if (directive.starts && was_seen(*directive.starts)) directive.starts.reset();
        const bool moved = std::any_of(directive.planned.begin(), directive.planned.end(),
                                       [&](const auto& step) { return was_seen(step.at); });
        while (moved && !directive.planned.empty() && directive.planned.front().at <= latest) {
            directive.step = directive.planned.front().step;
            directive.planned.erase(directive.planned.begin());
        }
    }
    std::erase_if(now.allows, [&](const auto& allow) { return allow.ends && was_seen(*allow.ends); });
    std::erase_if(now.exceptions, [&](const auto& exception) { return was_seen(exception.ends); });
    if (now.suspended_until && was_seen(*now.suspended_until)) now.suspended_until.reset();
    return now;
}

}  // namespace cenote::daemon
