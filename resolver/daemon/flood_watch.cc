// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/flood_watch.h"

#include <fmt/format.h>

#include <utility>

#include "resolver/base/log.h"

namespace cenote::daemon {
namespace {

using telemetry::Counter;

constexpr seconds kOverAfter{300};

struct Limit {
    Counter counter;
    const char* text;
};
constexpr std::array<Limit, 3> kTexts{
    {{Counter::RateLimited, "over [limits].rate of their client"},
     {Counter::PendingPerClientOverflow, "of a client with its share of queries that wait for upstream"},
     {Counter::PendingOverflow, "for which there was no place among those that wait for upstream"}}};

}  // namespace

void FloodWatch::look(const telemetry::Hub& hub, Ticks now) {
    Counts counts{};
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = hub.counted(kTexts[i].counter);
    if (counts != now_) {
        if (!lasts_) before_ = now_;
        now_ = counts;
        last_ = now;
        if (!std::exchange(lasts_, true)) log::notice("{}", reached());
    } else if (lasts_ && now - last_ > kOverAfter) {
        lasts_ = false;
        log::notice("no limit of queries has been reached for five minutes");
    }
}

std::string FloodWatch::reached() const {
    if (!lasts_) return {};
    std::string text;
    for (std::size_t i = 0; i < now_.size(); ++i)
        if (const std::uint64_t count = now_[i] - before_[i]; count != 0)
            text += fmt::format("{}{} {}", text.empty() ? "" : "; ", count, kTexts[i].text);
    return fmt::format("clients reach limits; queries beyond them: {}", text);
}

}  // namespace cenote::daemon
