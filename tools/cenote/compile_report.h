// SPDX-License-Identifier: Apache-2.0
//
// The result of a compilation, as text and as JSON. Private to the tool.
//
// Threads: one.
#pragma once

#include "blocklists/compile.h"
#include "blocklists/diff.h"
#include "resolver/base/diagnostics.h"
#include "tools/cenote/session.h"

namespace cenote::cli {

/// A line for each list and one for the set.
void print_report(const blocklists::CompileReport& report);
/// Errors and warnings on stderr, among them lines that are not understood and names that are left out.
void print_mistakes(const Diagnostics& diagnostics);
/// The first changes, and the number of all.
void print_changes(const std::vector<blocklists::Change>& changes);
[[nodiscard]] Json changes_json(const std::vector<blocklists::Change>& changes);
[[nodiscard]] std::size_t failed_lists(const blocklists::CompileReport& report);

}  // namespace cenote::cli
