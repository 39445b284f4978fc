// SPDX-License-Identifier: Apache-2.0
//
// What the files say: the configuration and the set, read and checked together. Control plane.
//
// Threads:  one call at a time.
// Memory:   the settings and the mapping of the set.
// Failure:  a wrong configuration is an Error with every mistake a line; an unreadable set is not: the previous one
//           is used and `set_problem` says so.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "resolver/config/config.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/engine/snapshot.h"
#include "resolver/rules/rules.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::daemon {

struct Loaded {
    config::Settings settings;                         // its policy: that of the files and what was made besides
    std::shared_ptr<const policy::Options> written;    // the policy of the files alone
    std::shared_ptr<const domainset::DomainSet> base;  // null: no set could be read
    std::string set_problem;                           // why the set in use is not the newest; empty: it is
    Diagnostics diagnostics;                           // warnings and notes
    std::set<std::string> left_out;                    // documents of the command line that do not fit
    std::string why_left_out;                          // a line each, and of exceptions that cannot be read
};

/// When the names of a set are looked at one by one. Later: somebody calls check() on it soon.
enum class SetCheck : std::uint8_t { Now, Later };

/// Reads the files anew.
Result<Loaded> load(const Path& config, SetCheck check);

/// Puts what was made at the command line beside the policy of the files, and checks all of it. A document that does
/// not fit is left out where `may_be_left_out` says so of its name, and takes no other with it. The Error has a line a
/// mistake; then nothing has changed.
Status add_made(Loaded& loaded, rules::RuntimeRules made,
                const std::function<bool(const std::string&)>& may_be_left_out);

/// Opens the set of the settings, or the one before it. `known`: checked before; what it has open is not read again.
void open_set(Loaded& loaded, SetCheck check, const domainset::DomainSet* known = nullptr);

/// A log line for each warning, and for a set that is not the newest or missing.
void log_findings(const Loaded& loaded);

/// "set 1f0c… catalogue 91ae…", as audit records name the set in use.
[[nodiscard]] std::string set_text(const Loaded& loaded);

/// What policy.cenote says: version, digest and the head of the audit trail (empty: there is none).
[[nodiscard]] std::string policy_text(std::uint32_t version, const std::string& digest, const std::string& audit_head);

/// What stands in an audit record of the policy that it brought.
[[nodiscard]] std::string policy_mark(const state::PolicyVersion& stored);

/// The policy of what was loaded, as of `at`, under a version number.
Result<std::shared_ptr<const policy::Policy>> build_policy(const Loaded& loaded, std::uint32_t version, WallTime at);

/// The snapshot that workers get, but for its policy_text.
std::shared_ptr<engine::Snapshot> make_snapshot(const Loaded& loaded, std::shared_ptr<const policy::Policy> policy,
                                                telemetry::Keys& keys, WallTime wall, Ticks now);

}  // namespace cenote::daemon
