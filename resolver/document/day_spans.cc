// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/day_spans.h"

#include <fmt/format.h>

#include <array>

#include "resolver/document/parts.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

constexpr std::size_t kDaysEach = 7;

void add_edges(const Reading& reading, const Json& day, DaySpan& span, DaySpans& all) {
    for (const Json& edge : at(day, "edges")) {
        all.marks.push_back(reading.say("mark", {{"n", fmt::format("{}", all.marks.size() + 1)},
                                                 {"day", text_at(day, "day")},
                                                 {"directive", text_at(edge, "directive")},
                                                 {"step", reading.word("step", text_at(edge, "step"))}}));
        span.mark += fmt::format("{}{}", span.mark.empty() ? "" : ",", all.marks.size());
    }
}

void add_queries(const Json& day, DaySpan& span) {
    const auto queries = verdict_amounts(at(day, "queries"));
    if (span.queries.empty()) {
        span.queries = queries;
        return;
    }
    for (std::size_t i = 0; i < queries.size(); ++i)
        if (queries[i]) span.queries[i] = span.queries[i].value_or(0) + *queries[i];
}

/// The sum of the episodes of some days; null where one of them has no number.
Json episodes_of(const DaySpan& span) {
    if (span.days.size() == 1) return at(*span.days.front(), "episodes");
    std::int64_t all = 0;
    for (const Json* day : span.days) {
        const auto n = people_at(*day, "episodes");
        if (!n) return Json{{"hidden", true}};
        all += *n;
    }
    return Json{{"n", all}};
}

/// A row as the report has it for a day. No bounds of a sum: those of days do not add up.
Json row_of(const DaySpan& span) {
    constexpr std::array kNames{"block", "restrict", "advise", "observe", "exception", "allow"};
    Json queries;
    for (std::size_t i = 0; i < span.queries.size(); ++i)
        if (span.queries[i]) queries[kNames.at(i)] = *span.queries[i];
    return {{"day", span.label}, {"queries", queries}, {"episodes", episodes_of(span)}, {"gap_s", span.gap_s}};
}

}  // namespace

DaySpans day_spans(const Reading& reading) {
    const Json& days = at(reading.report(), "use.days");
    DaySpans all;
    all.days_each = days.size() > kDaysShown ? kDaysEach : 1;
    std::size_t number = 0;
    for (const Json& day : days) {
        if (number++ % all.days_each == 0) all.spans.push_back({text_at(day, "day"), {}, 0, "", {}});
        DaySpan& span = all.spans.back();
        add_queries(day, span);
        span.gap_s += number_at(day, "gap_s").value_or(0);
        span.days.push_back(&day);
        add_edges(reading, day, span, all);
    }
    return all;
}

Table day_table(const Reading& reading, const DaySpans& spans) {
    TableMaker maker(reading, "days", table_plan("days").columns);
    for (const DaySpan& span : spans.spans) {
        const Json row = row_of(span);
        maker.add({&row});
    }
    return std::move(maker).finish();
}

}  // namespace cenote::document
