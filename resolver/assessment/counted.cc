// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/counted.h"

#include <algorithm>

namespace cenote::assessment {
namespace {

using history::Span;

}  // namespace

bool is_missing(const history::Gap& gap, const policy::TimeZone& zone) {
    if (gap.why != "unwritten") return true;
    const WallTime last = gap.to - seconds(1);
    return history::start_of(Span::Day, gap.from) != history::start_of(Span::Day, last) ||
           date_of(zone, gap.from) != date_of(zone, last);
}

Counted::Counted(const Period& period, const Kept& kept, const std::vector<history::Gap>& gaps)
    : period_(period), all_gaps_(gaps), gaps_(static_cast<std::size_t>(period.days())) {
    std::optional<WallTime> first, end;
    const auto widen = [&](const std::optional<history::Scan::Ends>& ends, Span span) {
        if (!ends) return;
        first = first ? std::min(*first, ends->first) : ends->first;
        const WallTime last = ends->last + history::length_of(span);
        if (span == Span::Hour || !end) end = last;
    };
    widen(kept.days, Span::Day);
    widen(kept.hours, Span::Hour);
    // The day of the first hour was not counted before that hour, unless earlier hours were deleted.
    if (kept.hours && kept.days && history::start_of(Span::Day, kept.hours->first) == kept.days->first)
        first = kept.hours->first;
    first_ = first.value_or(WallTime::max());
    end_ = end.value_or(WallTime::min());
    if (first && *first < period.to() && *end > period.start(0)) {
        from_ = std::max(*first, period.start(0));
        to_ = std::min(*end, period.to());
    }
    first_day_of_hours_ = period.days();
    if (kept.hours) {
        const bool all = kept.days && history::start_of(Span::Day, kept.hours->first) <= kept.days->first;
        for (int day = period.days(); day-- > 0;)
            if (all || period.start(day) >= kept.hours->first) first_day_of_hours_ = day;
    }
    for (const history::Gap& gap : gaps) {
        if (!is_missing(gap, period.zone())) continue;
        for (int day = 0; day < period.days(); ++day) {
            // A day of the zone, and the day of UTC with the same date, of which the sketches are.
            const WallTime utc(period.date(day));
            const WallTime begin = std::min(period.start(day), utc);
            const WallTime over = std::max(period.start(day + 1), utc + kDay);
            const WallTime from = std::max(begin, gap.from);
            const WallTime to = std::min(over, gap.to);
            if (to > from) gaps_[static_cast<std::size_t>(day)] += (to - from).count();
        }
    }
}

bool Counted::has_any(int day) const {
    if (period_.start(day + 1) <= first_ || period_.start(day) >= end_) return false;
    const seconds length = period_.start(day + 1) - period_.start(day);
    return gap_s(day) < length.count();
}

bool Counted::has_people(int day) const {
    const WallTime utc(period_.date(day));
    return period_.is_whole(day) && utc + kDay > first_ && utc < end_ && gap_s(day) < kDay.count();
}

bool Counted::is_complete(int day) const {
    const WallTime utc(period_.date(day));
    return period_.is_whole(day) && std::min(period_.start(day), utc) >= first_ &&
           std::max(period_.start(day + 1), utc + kDay) <= end_ && gap_s(day) == 0;
}

}  // namespace cenote::assessment
