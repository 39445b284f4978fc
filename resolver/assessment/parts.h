// SPDX-License-Identifier: Apache-2.0
//
// The parts of a report's document, each from what was added up. Private to assessment.
//
// Threads: one.   Time: arguments.   Memory: the answer.   Failure: none; what is unknown is null.
#pragma once

#include <vector>

#include "resolver/assessment/comparison.h"
#include "resolver/assessment/fields.h"
#include "resolver/assessment/query_tally.h"
#include "resolver/report/silence.h"

namespace cenote::assessment {

struct Material {
    const Inputs& inputs;
    const Period& period;
    const Counted& counted;
    const Timeline& timeline;
    Subjects& subjects;
    const QueryTally& queries;
    PeopleTally& people;
    const std::vector<Comparison>& comparisons;                 // by directive
    const std::vector<std::optional<WallTime>>& covered_since;  // by service: its queries are counted since
    const std::vector<history::SignalRow>& signals;
    const std::vector<report::Silence>& silences;
};

/// Since when all that a directive covers is counted: since the last of its services was covered, of those that were
/// asked for; nullopt: it never was.
[[nodiscard]] std::optional<WallTime> counted_since(const Subjects& subjects, const QueryTally& queries,
                                                    const std::vector<std::optional<WallTime>>& covered_since,
                                                    std::uint32_t directive);

/// Hides figures that a subtraction would give away.
void hide_against_subtraction(Material& of);

/// "limited", "observed", "advised", "exception_only", "open", "unlisted" at the end of the period.
[[nodiscard]] std::string status_of(const Material& of, std::uint32_t service);
/// Services with queries in the period or in the equal span before, those with the most first.
[[nodiscard]] std::vector<std::uint32_t> services_in_use(const Material& of);
/// {"observe": 3, …}.
[[nodiscard]] Json verdicts_json(const ByVerdict& counts);
[[nodiscard]] Json clients_json(const PeopleCounts& of, std::uint64_t smallest);

[[nodiscard]] Json use_json(Material& of);
[[nodiscard]] Json who_json(Material& of);
[[nodiscard]] Json directives_json(Material& of);
[[nodiscard]] Json exceptions_json(const Material& of);
[[nodiscard]] Json bypass_json(const Material& of);
[[nodiscard]] Json risk_json(Material& of);

// From the records of the trail and the configuration alone.
[[nodiscard]] Json proof_json(const Inputs& inputs);
[[nodiscard]] Json trail_json(const Inputs& inputs);
[[nodiscard]] Json policies_json(const Inputs& inputs);
[[nodiscard]] Json method_json(const Inputs& inputs);
[[nodiscard]] Json made_json(const Inputs& inputs);
/// The node where a record was written, whichever node has it now.
[[nodiscard]] std::string node_of(const Inputs& inputs, const std::string& node, const state::Record& record);

// From the parts that are in the document already.
[[nodiscard]] Json summary_json(const Json& document);
[[nodiscard]] Json findings_json(const Material& of, const Json& document);

}  // namespace cenote::assessment
