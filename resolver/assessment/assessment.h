// SPDX-License-Identifier: Apache-2.0
//
// The document behind `cenote report`: what was used in a time, by whom, and what directives changed of it, as JSON
// without a sentence of a human language (docs/report.schema.json).
//
// Two nodes that hold the same history and the same state give the same document but for its field `made`, whatever
// their machines: numbers are integers, keys are sorted, and `data_digest` is the SHA-256 of the canonical text (RFC
// 8785) without `made` and itself.
//
// Threads:  any; the history is read by the calling thread.
// Time:     an argument.
// Memory:   counts for each day of each service, group and directive; sketches of one month.
// Failure:  an Error where the history cannot be read, or `stopping` became true. Rows that are damaged are counted.
#pragma once

#include <atomic>
#include <string>

#include "resolver/assessment/inputs.h"
#include "resolver/control/protocol.h"
#include "resolver/history/scan.h"

namespace cenote::assessment {

[[nodiscard]] Result<control::Json> assess(const Inputs& inputs, history::Scan& scan,
                                           const std::atomic<bool>& stopping);

/// RFC 8785 for what a document has: objects, arrays, texts, integers, true, false, null.
[[nodiscard]] std::string canonical(const control::Json& json);
/// Hexadecimal SHA-256 of the document without `made` and `data_digest`.
[[nodiscard]] std::string data_digest(control::Json document);

/// The start of all that is read for a period, so that comparisons have their days.
[[nodiscard]] WallTime reading_begins(WallTime from, WallTime to, const std::string& zone);

/// The last whole month before `now` on the clock of a zone.
struct Month {
    WallTime from{};
    WallTime to{};
};
[[nodiscard]] Month last_month(const std::string& zone, WallTime now);

}  // namespace cenote::assessment
