// SPDX-License-Identifier: Apache-2.0
//
// A whole policy as one document of TOML: what the state file keeps of every policy that was in force, and what the
// daemon gives to the tool. Control plane.
//
// Threads: any.   Memory: values.   Failure: Result with one line.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "resolver/policy/policy.h"
#include "resolver/state/state.h"

namespace cenote::rules {

/// Everything that a verdict depends on, apart from the set: `cenote explain --at` reads it for a time in the past.
/// Policies with the same text give the same verdicts at the same time.
std::string policy_document(const policy::Options& options, const domainset::DomainSet* set);

/// A digest that is the same on all nodes with the same rules and the same catalogue, whatever their names, the builds
/// of their sets and the order in which rules reached them.
std::string rules_digest(const policy::Options& options, const domainset::DomainSet* set);

/// A policy document that was read.
struct StoredPolicy {
    std::shared_ptr<const policy::Options> options;
    std::string set;        // checksum of the set that was in use with it
    std::string catalogue;  // digest of the services in it
};
Result<StoredPolicy> read_policy_document(const std::string& text);

/// A policy of the past, built for a time when it was in force, with the lists and services of `base`.
struct PastPolicy {
    std::shared_ptr<const policy::Policy> policy;
    std::string remark;  // a sentence when the set in use was another one; empty: it was the same
};
Result<PastPolicy> past_policy(const std::optional<state::PolicyVersion>& stored,
                               std::shared_ptr<const domainset::DomainSet> base, WallTime at);

/// "set 5b0c… catalogue 91ae…" of a set, as in a policy document; nullptr: "none" for both.
struct SetDigests {
    std::string set;
    std::string catalogue;
};
[[nodiscard]] SetDigests digests_of(const domainset::DomainSet* set);

}  // namespace cenote::rules
