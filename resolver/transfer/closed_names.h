// SPDX-License-Identifier: Apache-2.0
//
// What a policy closes for one group, name by name: for whoever is to enforce the same elsewhere.
//
// Threads:  pure. Control plane.
// Memory:   none to speak of; a walk over the whole set.
// Failure:  a policy that cannot be built, with its mistake.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "resolver/policy/policy.h"

namespace cenote::transfer {

/// A policy as one group's clients see it; class_of_group() of it.
struct GroupPolicy {
    std::shared_ptr<const policy::Policy> policy;
    policy::ClientClass client = 0;
};

/// `group`: "everyone", or an id. `like`: the policy in force.
Result<GroupPolicy> policy_of_group(const policy::Policy& like, const std::string& group, WallTime at);

/// What holds at a name and below it where that is otherwise than above it. nullptr: open.
struct NameRule {
    wire::Name name;
    const policy::Cell* itself = nullptr;
    const policy::Cell* below = nullptr;
    const policy::Cell* above = nullptr;  // what holds below its parent

    [[nodiscard]] bool itself_differs() const noexcept { return itself != above; }
    [[nodiscard]] bool below_differs() const noexcept { return below != above; }
};
void for_each_rule(const GroupPolicy& of, const std::function<void(const NameRule&)>& take);
/// The same for each name that the policy or its set holds, also where it says nothing new: for formats in which a name
/// says nothing of those below it.
void for_each_known_name(const GroupPolicy& of, const std::function<void(const NameRule&)>& take);

/// The same for addresses in answers; nullptr: open, inside a prefix that is closed.
void for_each_address(const GroupPolicy& of, const std::function<void(const Prefix&, const policy::Cell*)>& take);

}  // namespace cenote::transfer
