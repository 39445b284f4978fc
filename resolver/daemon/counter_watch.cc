// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/counter_watch.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace cenote::daemon {
namespace {

using telemetry::Counter;

constexpr seconds kOverAfter{300};

constexpr std::array<CounterWatch::Reason, 4> kRefusedHeaders{
    {{Counter::ProxyMissing, "without one"},
     {Counter::ProxyVersion1, "of version 1, where 2 is read"},
     {Counter::ProxyMalformed, "malformed, too long or without an IP address"},
     {Counter::ProxySlow, "not in time"}}};

constexpr std::array<CounterWatch::Reason, 3> kReachedLimits{
    {{Counter::RateLimited, "over [limits].rate of their client"},
     {Counter::PendingPerClientOverflow, "of a client with its share of queries that wait for upstream"},
     {Counter::PendingOverflow, "for which there was no place among those that wait for upstream"}}};

}  // namespace

void CounterWatch::look(const telemetry::Hub& hub, Ticks now) {
    Counts counts;
    for (const Reason& reason : subject_.reasons) counts.push_back(hub.counted(reason.counter));
    if (counts != now_) {
        if (!lasts_) before_ = std::move(now_);
        now_ = std::move(counts);
        last_ = now;
        if (!std::exchange(lasts_, true)) log::write(subject_.level, text());
    } else if (lasts_ && now - last_ > kOverAfter) {
        lasts_ = false;
        log::notice("{}", subject_.over);
    }
}

std::string CounterWatch::text() const {
    if (!lasts_) return {};
    std::string reasons;
    for (std::size_t i = 0; i < now_.size(); ++i)
        if (const std::uint64_t count = now_[i] - before_[i]; count != 0)
            reasons += fmt::format("{}{} {}", reasons.empty() ? "" : "; ", count, subject_.reasons[i].text);
    return fmt::format("{}: {}", subject_.sentence, reasons);
}

CounterWatch watch_refused_proxies() {
    return CounterWatch({.level = log::Level::Warning,
                         .sentence = "proxies are refused for the PROXY headers of their datagrams and connections",
                         .over = "no proxy has been refused for its PROXY header for five minutes",
                         .reasons = kRefusedHeaders});
}

CounterWatch watch_reached_limits() {
    return CounterWatch({.level = log::Level::Notice,
                         .sentence = "clients reach limits; queries beyond them",
                         .over = "no limit of queries has been reached for five minutes",
                         .reasons = kReachedLimits});
}

}  // namespace cenote::daemon
