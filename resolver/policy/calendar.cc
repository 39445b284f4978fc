// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/calendar.h"

#include <fmt/format.h>

#include "resolver/policy/schedule.h"

namespace cenote::policy {

Result<Calendar> Calendar::of(std::shared_ptr<const Options> options) {
    Calendar calendar(std::move(options));
    for (const Directive& directive : calendar.options_->directives) {
        if (calendar.zones_.contains(directive.timezone)) continue;
        auto zone = TimeZone::load(directive.timezone);
        if (!zone) return Error{fmt::format("directive {}: {}", directive.id, zone.error().text)};
        calendar.zones_.emplace(directive.timezone, std::move(*zone));
    }
    return calendar;
}

std::vector<DirectiveAction> Calendar::at(WallTime time) const {
    std::vector<DirectiveAction> all;
    all.reserve(options_->directives.size());
    for (const Directive& directive : options_->directives) {
        const TimeZone& zone = zones_.find(directive.timezone)->second;
        const Phase phase = phase_at(directive, zone, time);
        DirectiveAction action{.state = phase.state,
                               .step = phase.step,
                               .outside_hours = phase.state == DirectiveState::InForce && directive.hours &&
                                                !holds_at(*directive.hours, zone, time),
                               .suspended = is_suspended(time) && phase.step > Step::Observe,
                               .until = phase.next_edge};
        if (action.suspended) action.step = Step::Observe;
        all.push_back(action);
    }
    return all;
}

std::optional<WallTime> Calendar::next_edge(WallTime time) const {
    std::optional<WallTime> next;
    for (const DirectiveAction& action : at(time)) next = earlier(next, action.until);
    return is_suspended(time) ? earlier(next, options_->suspended_until) : next;
}

}  // namespace cenote::policy
