// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/timeline.h"

#include <algorithm>

#include "resolver/policy/calendar.h"

namespace cenote::assessment {
namespace {

using policy::DirectiveAction;
using policy::DirectiveState;
using policy::Step;

constexpr std::size_t kEdgesMax = 100'000;  // of one policy: a century of working hours

class Lines {
public:
    explicit Lines(WallTime to) : to_(to) {}

    void add(const PolicySlice& slice, WallTime until) {
        const auto calendar = policy::Calendar::of(slice.options);
        for (auto& [id, line] : timeline_.directives)
            if (policy::find_directive(*slice.options, id) == nullptr) {
                put_step(line, slice.from, Step::None);
                line.state = DirectiveState::Lapsed;
                end_suspension(line, slice.from);
            }
        add_suspension(slice, until);
        if (!calendar) return;
        std::optional<WallTime> edge = slice.from;
        for (std::size_t count = 0; edge && *edge < until && count < kEdgesMax; ++count) {
            note(*calendar, *edge);
            edge = calendar->next_edge(*edge);
        }
    }

    Timeline finish() && {
        for (auto& [id, line] : timeline_.directives) end_suspension(line, to_);
        return std::move(timeline_);
    }

private:
    void note(const policy::Calendar& calendar, WallTime at) {
        const auto actions = calendar.at(at);
        for (std::size_t i = 0; i < actions.size(); ++i) {
            const policy::Directive& directive = calendar.options().directives[i];
            DirectiveLine& line = timeline_.directives[directive.id];
            line.directive = directive;
            line.state = actions[i].state;
            note(line, actions[i], at);
        }
    }

    void note(DirectiveLine& line, const DirectiveAction& action, WallTime at) {
        if (action.step != Step::None && action.state != DirectiveState::Lapsed && !line.covers_from)
            line.covers_from = at;
        if (action.suspended && !suspended_.contains(&line)) suspended_[&line] = at;
        if (!action.suspended) end_suspension(line, at);
        if (action.state != DirectiveState::InForce) return put_step(line, at, Step::None);
        if (!action.outside_hours && !action.suspended) put_step(line, at, action.step);
    }

    static void put_step(DirectiveLine& line, WallTime at, Step step) {
        if (!line.steps.empty() && line.steps.back().step == step) return;
        line.steps.push_back({at, step});
    }

    void end_suspension(DirectiveLine& line, WallTime at) {
        const auto found = suspended_.find(&line);
        if (found == suspended_.end()) return;
        if (at > found->second) line.suspended.push_back({found->second, at});
        suspended_.erase(found);
    }

    void add_suspension(const PolicySlice& slice, WallTime until) {
        const auto& end = slice.options->suspended_until;
        if (!end || *end <= slice.from) return;
        const Interval time{slice.from, std::min(*end, until)};
        auto& all = timeline_.suspensions;
        if (!all.empty() && all.back().id == slice.options->suspension && all.back().time.to == time.from)
            all.back().time.to = time.to;
        else
            all.push_back({slice.options->suspension, time});
    }

    WallTime to_;
    Timeline timeline_;
    std::map<DirectiveLine*, WallTime> suspended_;
};

}  // namespace

std::string_view step_word(Step step) noexcept { return step == Step::None ? "none" : policy::step_to_text(step); }

Step DirectiveLine::step_at(WallTime at) const {
    Step step = Step::None;
    for (const StepEdge& edge : steps)
        if (edge.at <= at) step = edge.step;
    return step;
}

Step DirectiveLine::highest() const {
    Step step = Step::None;
    for (const StepEdge& edge : steps) step = std::max(step, edge.step);
    return step;
}

Timeline timeline_of(const std::vector<PolicySlice>& policies, WallTime to) {
    Lines lines(to);
    for (std::size_t i = 0; i < policies.size(); ++i) {
        const WallTime until = i + 1 < policies.size() ? policies[i + 1].from : to;
        if (policies[i].from < to && until > policies[i].from) lines.add(policies[i], std::min(until, to));
    }
    return std::move(lines).finish();
}

}  // namespace cenote::assessment
