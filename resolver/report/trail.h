// SPDX-License-Identifier: Apache-2.0
//
// Records of the audit trail for people: as a sentence that says what has changed, as JSON, and those of one directive.
//
// Threads: pure.   Memory: the answer.   Failure: a document that is none is left out of the sentence.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/sentence.h"
#include "resolver/base/time_text.h"
#include "resolver/report/values.h"
#include "resolver/state/state.h"

namespace cenote::report {

/// The action of the record of a look at clients or single queries.
inline constexpr std::string_view kLook = state::kLookAction;

/// How a time is shown.
using TimeText = std::function<std::string(WallTime)>;

/// Into which words a record is put.
struct TrailWords {
    TimeText time = format_time;
    Language language = Language::English;
    /// The word for a value of the field "step" or "audit_action".
    std::function<std::string(std::string_view field, const std::string& value)> word =
        [](std::string_view, const std::string& value) { return value; };
};
[[nodiscard]] std::span<const Phrase> trail_phrases() noexcept;

/// "directive step dns1-7: restrict → observe", "directive 2026-014 in force: restrict".
[[nodiscard]] std::string sentence_of(const state::Record& record, const TrailWords& words = {});

/// Whether the record is of an edge: what a directive does has changed by the calendar or by a suspension, and no rule
/// has. Each node records its own.
[[nodiscard]] bool is_edge(const state::Record& record);

/// record_json() with the number as `id`; `node` is where the record was written.
[[nodiscard]] Json numbered_json(const state::Record& record, const std::string& node);
/// The record of such a row; its time must be one.
[[nodiscard]] Result<state::Record> record_of(const Json& row);

/// A rule of the command line as `cenote state export` writes it.
[[nodiscard]] Json rule_json(const state::Rule& rule);

/// Records with the node of each, "" for this one.
using History = std::vector<std::pair<std::string, state::Record>>;

/// The records about a directive or another rule, and about exceptions from it. Those of a directive have between them
/// the starts, stops and gaps of the daemon from its first record to its end.
[[nodiscard]] History records_about(const History& all, const std::string& id);
/// The ids that records are about, as often as they occur.
[[nodiscard]] std::vector<std::string> rule_ids(const History& all);

/// What `cenote audit --verify` reports: `breaks`, each a sentence, and `sentences`, the same by kinds; `records`,
/// `head`; `of_backups`, the records of backups.
[[nodiscard]] Json verification_json(const History& all, const std::string& head);

}  // namespace cenote::report
