// SPDX-License-Identifier: Apache-2.0
//
// The configuration and the set, read and checked together. Control plane.
//
// Threads:  one call at a time.
// Memory:   the settings and the mapping of the set.
// Failure:  a wrong configuration is an Error with a line for each mistake. An unreadable set is not: the previous one
//           is used, and Loaded::set_problem has the reason.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>

#include "resolver/config/config.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/rules/rules.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

struct Loaded {
    config::Settings settings;                         // with the policy of the files and the rules of the command line
    std::shared_ptr<const policy::Options> written;    // the policy of the files alone
    std::shared_ptr<const domainset::DomainSet> base;  // null: no set could be read
    std::string set_problem;                           // why the set in use is not the newest; empty: it is
    Diagnostics of_reading;                            // what reading the files alone has found
    Diagnostics diagnostics;                           // warnings and notes: of_reading, and those on the policy
    std::set<std::string> left_out;                    // rules of the command line that do not fit: "directive dns1-3"
    std::string why_left_out;                          // a line for each, and for each exception that cannot be read
};

/// When the names of a set are read one by one. Later: the caller calls DomainSet::check() soon.
enum class SetCheck : std::uint8_t { Now, Later };

/// Reads the files anew.
Result<Loaded> load(const Path& config, SetCheck check);

/// The last configuration that was in force, in the place of files that are refused: all of it but for [server]. Where
/// the set at its path does not fit, the previous set serves.
Result<Loaded> load_last(const Path& config, const state::StateReader& archive);

/// Takes what a check of the policy with its set has found in the place of what one before had. Notes on rules of the
/// command line are left out: they were shown when the rule was made.
void keep_findings(Loaded& loaded, std::span<const Diagnostic> on_policy);

/// A log line for each warning of the files, and for a set that is not the newest or missing.
void log_findings(const Loaded& loaded);

}  // namespace cenote::daemon
