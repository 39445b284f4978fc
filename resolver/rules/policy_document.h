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

/// All that decides, as a document of its own: what `cenote explain --at` reads when that time has passed. The same
/// text, the same verdicts at the same time.
std::string policy_document(const policy::Options& options, const domainset::DomainSet* set);

/// What a policy document says.
struct StoredPolicy {
    std::shared_ptr<const policy::Options> options;
    std::string set;        // checksum of the set that it went with
    std::string catalogue;  // digest of the services in it
};
Result<StoredPolicy> read_policy_document(const std::string& text);

/// A policy that was in force, at a time when it was; the lists and services are those of `base`, and `remark` says so
/// where they were others then.
struct PastPolicy {
    std::shared_ptr<const policy::Policy> policy;
    std::string remark;
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
