// SPDX-License-Identifier: Apache-2.0
//
// Checks of a policy as written: errors, refusals that depend on the set, warnings and notes.
//
// Threads:  pure. Control plane.
// Memory:   the diagnostics.
// Failure:  errors are reported as diagnostics.
#pragma once

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"

namespace cenote::policy {

/// Errors in the policy itself, for which Policy::build() refuses it.
void validate_policy(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

/// Errors that depend on the content of the set: names that must not be sinkholed, allows under a block. A later set
/// can cause them without a change of the policy, so Policy::build() does not refuse them: the stricter rule wins.
void validate_against_set(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

/// Warnings and notes: directives that match no name, lists that no directive targets, directives that never win.
void lint_policy(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

}  // namespace cenote::policy
