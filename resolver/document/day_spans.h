// SPDX-License-Identifier: Apache-2.0
//
// The days of a report as a chart and a table show them: one by one up to a quarter of a year, else by seven days.
// Private to document.
//
// Threads: pure.   Memory: values.   Failure: none.
#pragma once

#include <string>
#include <vector>

#include "resolver/document/reading.h"

namespace cenote::document {

inline constexpr std::size_t kDaysShown = 92;

struct DaySpan {
    std::string label;                    // its first day
    std::vector<charts::Amount> queries;  // by verdict
    std::int64_t gap_s = 0;
    std::string mark;  // "1,2"
    std::vector<const Json*> days;
};
struct DaySpans {
    std::size_t days_each = 1;
    std::vector<DaySpan> spans;
    std::vector<std::string> marks;  // what stands at them
};
[[nodiscard]] DaySpans day_spans(const Reading& reading);

/// The table "days" with a row for each span. Episodes of several days are not added up where one of them is hidden.
[[nodiscard]] Table day_table(const Reading& reading, const DaySpans& spans);

}  // namespace cenote::document
