// SPDX-License-Identifier: Apache-2.0
//
// What came of a compilation, told to people. Private to the tool.
//
// Threads: one.
#pragma once

#include "blocklists/compile.h"
#include "resolver/base/diagnostics.h"

namespace cenote::cli {

/// A line for each list, what the guard left out, and the set as a whole; failures are for stderr.
void print_report(const blocklists::CompileReport& report);
/// Errors and warnings, on stderr.
void print_mistakes(const Diagnostics& diagnostics);
[[nodiscard]] std::size_t failed_lists(const blocklists::CompileReport& report);

}  // namespace cenote::cli
