// SPDX-License-Identifier: Apache-2.0
//
// Policy as documents: as TOML that says the same, and read from text that is in no file (what was made
// at the command line). Control plane.
//
// Threads: any.   Memory: values.   Failure: mistakes go into the diagnostics, each with the document's name as its
// file.
#pragma once

#include "resolver/config/config.h"
#include "resolver/config/exception_document.h"
#include "resolver/policy/policy.h"
#include "resolver/state/state.h"

namespace cenote::config {

struct Document {
    std::string name;  // stands for the file in what is said of it: "directive dns1-3"
    std::string text;  // [[directive]] and [[allow]] tables
};

/// What was made at the command line, besides the files.
struct Made {
    std::vector<Document> documents;
    std::vector<policy::Exception> exceptions;  // granted, ended or not
    std::optional<WallTime> suspended_until;
    std::string unreadable;  // exceptions that nothing could be read of, a line each
};

/// A rule with what was read of it, once.
struct MadeRule {
    state::Rule rule;
    std::optional<ExceptionDocument> exception;  // nullopt: it is another kind, or cannot be read
    std::optional<WallTime> ends;                // when it opens nothing any more; nullopt: it opens nothing
};
[[nodiscard]] MadeRule read_made(state::Rule rule);

/// What is in force of these rules; of several suspensions the last.
Made made_of(const std::vector<MadeRule>& rules);
Made made_of(const std::vector<state::Rule>& rules);

/// The policy of the files and what was made besides; nullptr when a document cannot be read.
std::shared_ptr<const policy::Options> with_documents(const Settings& settings, const Made& made,
                                                      Diagnostics& diagnostics);

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

/// One [[directive]] or [[allow]] table that reads as `directive` or `allow` does.
std::string to_toml(const policy::Directive& directive);
std::string to_toml(const policy::Allow& allow);

}  // namespace cenote::config
