// SPDX-License-Identifier: Apache-2.0
//
// What each of the thirteen parts has. Private to document.
//
// Threads: pure.   Memory: the blocks.   Failure: none.
#pragma once

#include <vector>

#include "resolver/document/reading.h"

namespace cenote::document {

using Blocks = std::vector<Block>;

[[nodiscard]] Blocks cover_part(const Reading& reading);
[[nodiscard]] Blocks summary_part(const Reading& reading);
[[nodiscard]] Blocks findings_part(const Reading& reading);
[[nodiscard]] Blocks use_part(const Reading& reading);
[[nodiscard]] Blocks groups_part(const Reading& reading);
[[nodiscard]] Blocks directives_part(const Reading& reading);
[[nodiscard]] Blocks exceptions_part(const Reading& reading);
[[nodiscard]] Blocks bypass_part(const Reading& reading);
[[nodiscard]] Blocks proof_part(const Reading& reading);
[[nodiscard]] Blocks risk_part(const Reading& reading);
[[nodiscard]] Blocks limits_part(const Reading& reading);
[[nodiscard]] Blocks method_part(const Reading& reading);
[[nodiscard]] Blocks annex_part(const Reading& reading);

/// The verdicts in the order of their strictness, as series of a chart.
[[nodiscard]] std::vector<charts::Series> verdict_series(const Reading& reading);
/// The amounts of a map of verdicts in that order.
[[nodiscard]] std::vector<charts::Amount> verdict_amounts(const Json& queries);

/// Texts in a chart for those who do not see it: the phrases "chart.ID" and "chart.ID.about".
[[nodiscard]] charts::Frame frame(const Reading& reading, std::string_view chart, const std::string& id,
                                  std::string_view object = "");
/// A table, or where it has no rows the sentence "none.ID" instead.
void add_table(const Reading& reading, Blocks& blocks, Table table);
void add_sentence(Blocks& blocks, std::string text);

}  // namespace cenote::document
