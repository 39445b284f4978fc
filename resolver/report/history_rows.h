// SPDX-License-Identifier: Apache-2.0
//
// Rows of the history as they go from node to node: a JSON object each, of `kind` "count", "sketch", "signal" or "gap"
// (docs/CONTROL.md). The seed of a sketch is not among it, only an id that is equal for equal seeds.
//
// Threads: pure.   Memory: the rows.
// Failure: a row that is none, or that this version does not know, is an Error.
#pragma once

#include "resolver/history/store.h"
#include "resolver/report/values.h"

namespace cenote::report {

[[nodiscard]] Json history_row_json(history::Span span, const history::Row& row);
[[nodiscard]] Json history_row_json(const history::SketchRow& row);
[[nodiscard]] Json history_row_json(const history::SignalRow& row);
[[nodiscard]] Json history_row_json(const history::Gap& gap);

/// Adds the row to what is imported.
Status read_history_row(const Json& row, history::Imported& into);

}  // namespace cenote::report
