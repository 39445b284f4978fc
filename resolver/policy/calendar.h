// SPDX-License-Identifier: Apache-2.0
//
// What the directives of a policy do at a time, by their dates, plans, hours and a suspension: for records of it, which
// need neither a set nor a table of verdicts.
//
// Threads:  built once, then read by any thread. Control plane.
// Time:     an argument.
// Memory:   the options are shared; a time zone for each name of one.
// Failure:  of() names a time zone that is unknown.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/policy/options.h"
#include "resolver/policy/time_zone.h"

namespace cenote::policy {

/// What one directive does at a time.
struct DirectiveAction {
    DirectiveState state = DirectiveState::Lapsed;
    Step step = Step::None;         // the step that holds
    bool outside_hours = false;     // it is in force, and none of its weekly hours is now
    bool suspended = false;         // its step would be above observe without the suspension
    std::optional<WallTime> until;  // the next edge of its own calendar
};

class Calendar {
public:
    static Result<Calendar> of(std::shared_ptr<const Options> options);

    /// By directive, in the order of the options.
    [[nodiscard]] std::vector<DirectiveAction> at(WallTime time) const;
    /// The first edge of a directive or the suspension after `time`.
    [[nodiscard]] std::optional<WallTime> next_edge(WallTime time) const;
    [[nodiscard]] const Options& options() const noexcept { return *options_; }

private:
    explicit Calendar(std::shared_ptr<const Options> options) : options_(std::move(options)) {}
    [[nodiscard]] bool is_suspended(WallTime time) const noexcept {
        return options_->suspended_until && time < *options_->suspended_until;
    }

    std::shared_ptr<const Options> options_;
    std::map<std::string, TimeZone, std::less<>> zones_;
};

}  // namespace cenote::policy
