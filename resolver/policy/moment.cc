// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/moment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace cenote::policy {
namespace {

std::string local_day(WallTime at, const TimeZone& zone) {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(at + zone.offset_at(at)));
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()), static_cast<unsigned>(day.month()),
                       static_cast<unsigned>(day.day()));
}

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
    std::map<std::string, TimeZone, std::less<>> zones;
    for (const Directive& directive : options.directives) {
        auto zone = zones.find(directive.timezone);
        if (zone == zones.end()) {
            auto loaded = TimeZone::load(directive.timezone);
            if (!loaded) return Error{fmt::format("directive {}: {}", directive.id, loaded.error().text)};
            zone = zones.emplace(directive.timezone, std::move(*loaded)).first;
        }
        moment.phases.push_back(phase_at(directive, zone->second, at));
        if (moment.suspended) moment.phases.back().step = std::min(moment.phases.back().step, Step::Observe);
        moment.until.push_back(directive.ends ? local_day(*directive.ends, zone->second) : std::string());
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
