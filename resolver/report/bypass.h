// SPDX-License-Identifier: Apache-2.0
//
// Signals of ways around this resolver, by day and group, as `cenote bypass --json` prints them, and what each may
// mean.
//
// They are counts of queries and of no person: no client, no name and no score is in them.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "resolver/history/store.h"
#include "resolver/report/silence.h"
#include "resolver/report/values.h"
#include "resolver/telemetry/telemetry.h"

namespace cenote::report {

struct SignalText {
    std::string_view signal;  // signal_to_text(), and "silence"
    std::string_view may_mean;
    std::string_view or_else;
};
/// In the order in which they are shown.
[[nodiscard]] std::span<const SignalText> signal_texts() noexcept;

/// What the history has of a time.
struct BypassHistory {
    WallTime since{};
    WallTime until{};  // counted until then
    std::vector<history::SignalRow> signals;
    std::vector<Silence> silences;
    std::vector<history::Gap> gaps;
};
[[nodiscard]] Json bypass_json(const BypassHistory& history);

/// Without a history: the counts since the start of the process, of no day.
[[nodiscard]] Json bypass_json(const telemetry::Metrics& metrics, const telemetry::Keys& keys, WallTime since,
                               WallTime until);

}  // namespace cenote::report
