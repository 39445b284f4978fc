// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with a policy as written, and what is worth knowing about it.
//
// Threads:  pure. Control plane.
// Memory:   the diagnostics.
// Failure:  none; mistakes are what it is for.
#pragma once

#include "resolver/domainset/domain_set.h"
#include "resolver/policy/options.h"

namespace cenote::policy {

/// Errors in what is written: whatever makes build() refuse.
void find_mistakes(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

/// Errors that hang on what the set holds: names that may not be sinkholed (rule 6), allows under a block (rule 3).
/// A later set can bring them about by itself, so build() lets the comparator decide instead.
void find_refusals(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

/// Warnings and notes: directives that take nothing, lists that nobody targets, who wins where steps meet.
void find_remarks(const Options& options, const domainset::DomainSet* base, Diagnostics& diagnostics);

}  // namespace cenote::policy
