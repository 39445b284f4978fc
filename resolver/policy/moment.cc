// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace cenote::policy {
namespace {

using std::chrono::days;
using std::chrono::minutes;

constexpr int kEdgesAhead = 16;  // of one directive, in the search for the time at which it opens

std::string day_text(std::chrono::sys_days at) {
    const std::chrono::year_month_day day(at);
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

std::chrono::sys_days local_day(WallTime at, const TimeZone& zone) {
    return std::chrono::floor<days>(at + zone.offset_at(at));
}

/// "+09:00", "Z".
std::string offset_text(seconds offset) {
    if (offset == seconds(0)) return "Z";
    const auto whole = std::chrono::abs(std::chrono::floor<minutes>(offset)).count();
    return fmt::format("{}{:02}:{:02}", offset < seconds(0) ? '-' : '+', whole / 60, whole % 60);
}

Until until_text(WallTime ends, WallTime now, const TimeZone& zone) {
    const WallTime local = ends + zone.offset_at(ends);
    // Both 23:59:59 and 00:00 of the next day are written for the end of a day.
    const auto day = local_day(ends - seconds(1), zone);
    const bool whole_day = local - WallTime(day) >= days(1) - seconds(1);
    const std::chrono::hh_mm_ss time(std::chrono::floor<minutes>(local - WallTime(std::chrono::floor<days>(local))));
    const std::string clock = fmt::format("{:02}:{:02}", time.hours().count(), time.minutes().count());
    Until until{.day = day_text(day), .time = whole_day ? "24:00" : clock, .stamp = {}, .today = false};
    until.stamp = whole_day ? until.day
                            : fmt::format("{}T{}:{:02}{}", until.day, clock, (local - WallTime(day)).count() % 60,
                                          offset_text(zone.offset_at(ends)));
    until.today = day == local_day(now, zone);
    return until;
}

/// When a directive that sinkholes now does so no more; nullopt: no such time is near, or it does not sinkhole.
std::optional<WallTime> opens_at(const Directive& directive, const TimeZone& zone, const Phase& now) {
    if (now.step < Step::Restrict) return std::nullopt;
    auto edge = now.next_edge;
    for (int looked = 0; edge && looked < kEdgesAhead; ++looked) {
        const Phase then = phase_at(directive, zone, *edge);
        if (then.step < Step::Restrict) return edge;
        edge = then.next_edge;
    }
    return directive.ends;
}

/// Time zones by name, each loaded once.
class Zones {
public:
    Result<const TimeZone*> find(const std::string& name) {
        auto zone = zones_.find(name);
        if (zone == zones_.end()) {
            auto loaded = TimeZone::load(name);
            if (!loaded) return std::move(loaded).error();
            zone = zones_.emplace(name, std::move(*loaded)).first;
        }
        return &zone->second;
    }

private:
    std::map<std::string, TimeZone, std::less<>> zones_;
};

/// Derives strength and by_strength from the phases.
void rank(const Options& options, Moment& moment) {
    std::vector<std::uint32_t> order;
    for (std::uint32_t i = 0; i < options.directives.size(); ++i) {
        if (moment.phases[i].step != Step::None) order.push_back(i);
    }
    const auto key = [&](std::uint32_t i) {
        const Directive& directive = options.directives[i];
        return std::tuple(layer_in_force(directive, moment.phases[i]), moment.phases[i].step,
                          directive.ends.value_or(WallTime::max()));
    };
    // Weakest first; among equals the one listed first comes last.
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return key(a) != key(b) ? key(a) < key(b) : a > b; });
    moment.strength.assign(options.directives.size(), 0);
    moment.by_strength.assign(1, Cell::kNone);
    for (const std::uint32_t directive : order) {
        moment.strength[directive] = static_cast<std::uint32_t>(moment.by_strength.size());
        moment.by_strength.push_back(directive);
    }
}

}  // namespace

Layer layer_in_force(const Directive& directive, const Phase& phase) noexcept {
    return phase.state == DirectiveState::InForce ? directive.layer : Layer::Site;
}

Result<Moment> moment_of(const Options& options, WallTime at) {
    Moment moment;
    moment.at = at;
    moment.suspended = options.suspended_until && at < *options.suspended_until;
    if (moment.suspended) moment.next_edge = options.suspended_until;
    Zones zones;
    for (const Directive& directive : options.directives) {
        const auto zone = zones.find(directive.timezone);
        const auto shown = options.timezone.empty() ? zone : zones.find(options.timezone);
        for (const auto* each : {&zone, &shown})
            if (!*each) return Error{fmt::format("directive {}: {}", directive.id, each->error().text)};
        moment.phases.push_back(phase_at(directive, **zone, at));
        const auto opens = opens_at(directive, **zone, moment.phases.back());
        moment.until.push_back(directive.ends ? day_text(local_day(*directive.ends, **zone)) : std::string());
        moment.opens.push_back(opens ? until_text(*opens, at, **shown) : Until());
        if (moment.suspended) moment.phases.back().step = std::min(moment.phases.back().step, Step::Observe);
        moment.next_edge = earlier(moment.next_edge, moment.phases.back().next_edge);
    }
    for (const Allow& allow : options.allows) {
        const bool in_force = !allow.ends || at < *allow.ends;
        moment.allows.push_back(in_force);
        if (in_force) moment.next_edge = earlier(moment.next_edge, allow.ends);
    }
    for (const Exception& exception : options.exceptions) {
        const auto of = std::find_if(options.directives.begin(), options.directives.end(),
                                     [&](const Directive& d) { return d.id == exception.directive; });
        const bool known = of != options.directives.end() && at < exception.ends;
        const auto index = static_cast<std::size_t>(of - options.directives.begin());
        moment.exceptions.push_back(known && moment.phases[index].step == Step::Restrict);
        if (known) moment.next_edge = earlier(moment.next_edge, exception.ends);
    }
    rank(options, moment);
    return moment;
}

}  // namespace cenote::policy
