// SPDX-License-Identifier: Apache-2.0
//
// The names and addresses that a policy sinkholes for one group, for zones and exports that other resolvers enforce.
//
// Threads:  pure. Control plane.
// Memory:   little; each walk goes over the whole set.
// Failure:  an Error where the policy of the group cannot be built.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "resolver/policy/policy.h"

namespace cenote::transfer {

/// A policy, and the client class of one group in it.
struct GroupPolicy {
    std::shared_ptr<const policy::Policy> policy;
    policy::ClientClass client = 0;
};

/// The policy `like` without its exceptions for single clients. `group`: "everyone", or an id.
Result<GroupPolicy> policy_of_group(const policy::Policy& like, const std::string& group, WallTime at);

/// The cells that hold at a name and below it. nullptr: not sinkholed.
struct NameRule {
    wire::Name name;
    const policy::Cell* itself = nullptr;
    const policy::Cell* below = nullptr;
    const policy::Cell* above = nullptr;  // holds below the parent of the name

    [[nodiscard]] bool itself_differs() const noexcept { return itself != above; }
    [[nodiscard]] bool below_differs() const noexcept { return below != above; }
};
/// Calls `take` for each name at or below which another cell holds than above it.
void for_each_rule(const GroupPolicy& of, const std::function<void(const NameRule&)>& take);
/// The same for each name that the policy or its set holds, also where the same cells hold above it: for formats in
/// which a name does not cover those below it.
void for_each_known_name(const GroupPolicy& of, const std::function<void(const NameRule&)>& take);

/// The prefixes of addresses that sinkhole an answer. nullptr: the prefix is open, inside a sinkholed one.
void for_each_address(const GroupPolicy& of, const std::function<void(const Prefix&, const policy::Cell*)>& take);

}  // namespace cenote::transfer
