// SPDX-License-Identifier: Apache-2.0
#include "resolver/assessment/comparison.h"

#include <algorithm>
#include <cmath>

namespace cenote::assessment {
namespace {

using policy::Step;

constexpr int kWeekDays = 7;
constexpr std::size_t kPairsLeast = 3;
constexpr double kMedianError = 1.2533;  // of a median against that of a mean: sqrt(pi / 2)
constexpr double kThousand = 1000;
constexpr std::int64_t kWhole = 1000;

/// The weeks between a day and the one that it is compared with.
int weeks_for(int length) noexcept { return (length + kWeekDays) / kWeekDays; }

bool is_suspended(const DirectiveLine& line, const Period& period, int day) {
    return std::ranges::any_of(line.suspended, [&](const Interval& time) {
        return time.from < period.start(day + 1) && time.to > period.start(day);
    });
}

double error_squared(const std::vector<std::uint64_t>& days) {
    const auto count = static_cast<double>(days.size());
    double sum = 0;
    for (const std::uint64_t day : days) sum += static_cast<double>(day);
    const double mean = sum / count;
    double squares = 0;
    for (const std::uint64_t day : days)
        squares += (static_cast<double>(day) - mean) * (static_cast<double>(day) - mean);
    const double variance = days.size() > 1 ? squares / (count - 1) : 0;
    const double sketch = kSketchError * static_cast<double>(spread_of(days).median) / kThousand;
    return sketch * sketch + kMedianError * kMedianError * variance / count;
}

std::int64_t rounded(double value) { return static_cast<std::int64_t>(std::floor(value * kThousand + 0.5)); }

}  // namespace

Comparison comparison_of(const DirectiveLine& line, const Period& period, const Counted& counted,
                         const std::optional<WallTime>& covered_from) {
    Comparison found;
    const Step highest = line.highest();
    if (highest < Step::Advise) return found.why_not = "no_limit", found;
    std::optional<WallTime> limits_again;
    for (const StepEdge& edge : line.steps) {
        const bool limits = edge.step >= std::min(highest, Step::Restrict);
        if (!found.change && edge.step == highest && edge.at >= period.from() && edge.at < period.to())
            found.change = edge.at;
        else if (found.change && !found.limit_ends && !limits)
            found.limit_ends = edge.at;
        else if (found.limit_ends && !limits_again && limits)
            limits_again = edge.at;
    }
    if (!found.change) return found.why_not = "began_before_period", found;
    const int day = period.day_of(*found.change);
    const int over = found.limit_ends ? period.day_of(*found.limit_ends) : period.days();
    if (!counted.from() || !covered_from) return found.why_not = "not_counted_before", found;
    const WallTime since = std::max(*counted.from(), *covered_from);
    int first = 0;
    while (first < day && period.start(first) < since) ++first;
    int length = std::max(0, over - day - 1);
    const bool long_enough = length >= static_cast<int>(kPairsLeast);
    while (length > 0 && day + 1 - kWeekDays * weeks_for(length) < first) --length;
    if (length < static_cast<int>(kPairsLeast)) {
        found.why_not = long_enough ? "not_counted_before" : "too_short";
        return found;
    }
    const int back = kWeekDays * weeks_for(length);
    found.days.before = {day + 1 - back, day + 1 + length - back};
    found.days.during = {day + 1, day + 1 + length};
    const int until = limits_again ? period.day_of(*limits_again) : period.days();
    if (found.limit_ends) found.days.after = {over + 1, std::min(over + 1 + length, until)};
    if (found.days.after.to <= found.days.after.from) found.days.after = {};
    return found;
}

Spread spread_of(std::vector<std::uint64_t> days) {
    if (days.empty()) return {};
    std::ranges::sort(days);
    const std::size_t middle = days.size() / 2;
    const std::uint64_t twice = days.size() % 2 == 1 ? 2 * days[middle] : days[middle - 1] + days[middle];
    return {static_cast<std::int64_t>(twice) * (kWhole / 2), static_cast<std::int64_t>(days.front()) * kWhole,
            static_cast<std::int64_t>(days.back()) * kWhole, days.size()};
}

std::optional<Effect> effect_of(const std::vector<std::uint64_t>& before, const std::vector<std::uint64_t>& during) {
    if (before.empty() || during.empty()) return std::nullopt;
    const double was = static_cast<double>(spread_of(before).median) / kThousand;
    if (was <= 0) return std::nullopt;
    const double ratio = static_cast<double>(spread_of(during).median) / kThousand / was;
    const double error = kInterval * std::sqrt(error_squared(during) + ratio * ratio * error_squared(before)) / was;
    return Effect{rounded(1 - ratio), rounded(1 - ratio - error), std::min(kWhole, rounded(1 - ratio + error))};
}

ComparedValues compared_values(const Comparison& comparison, const DirectiveLine& line, const Period& period,
                               const Counted& counted, const std::vector<Figure>& days) {
    ComparedValues values;
    const auto value = [&](int day) { return days[static_cast<std::size_t>(day)].n(); };
    const int back = comparison.days.during.from - comparison.days.before.from;
    for (int day = comparison.days.during.from; day < comparison.days.during.to; ++day) {
        if (!counted.is_complete(day) || !counted.is_complete(day - back) || is_suspended(line, period, day)) continue;
        values.during.push_back(value(day));
        values.before.push_back(value(day - back));
    }
    for (int day = comparison.days.after.from; day < comparison.days.after.to; ++day)
        if (counted.is_complete(day)) values.after.push_back(value(day));
    if (values.during.size() < kPairsLeast) values = {};
    return values;
}

}  // namespace cenote::assessment
