// SPDX-License-Identifier: Apache-2.0
//
// The verdict for a name and every step to it, as `cenote explain --json` prints it.
//
// Threads: pure.   Time: that of the policy.   Memory: the answer.   Failure: none; an unknown value is null.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/engine/snapshot.h"
#include "resolver/policy/policy.h"
#include "resolver/report/rule_story.h"
#include "resolver/report/values.h"

namespace cenote::report {

struct ExplainQuestion {
    wire::Name name;
    std::string note;  // which parts of the typed name were removed; empty: none
    IpAddress client = IpAddress::v4({127, 0, 0, 1});
    /// What the client proves beside its address, of the policy that is asked; nullopt: nothing.
    std::optional<policy::Holder> holder;
    std::string identity;  // the same as it was typed; empty: nothing
    wire::RrType type = wire::RrType::A;
    /// [server].allow_from, when a client was given; nullopt: access is not checked.
    std::optional<std::vector<Prefix>> allow_from;
    /// Who made the rules of the command line.
    StoryOf story_of = [](const std::string&) { return RuleStory{}; };
};

[[nodiscard]] Json explain_json(const policy::Policy& policy, const engine::LocalNames& local,
                                const ExplainQuestion& question);

}  // namespace cenote::report
