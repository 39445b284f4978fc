// SPDX-License-Identifier: Apache-2.0
//
// The days before, during and after the limit of a directive, and what has changed between them.
//
// The day of the switch is left out. The days during it are compared with as many days before it, each with the last
// one before the switch that has the same day of the week and the same distance from the others: both spans are whole
// and of equal length. A pair in which a day was not counted as a whole, or was suspended, is left out. Episodes count
// clients that asked, also those that got a sinkhole answer.
//
// The effect is 1 - during / before, of the medians. Its interval combines the error of the sketches and the spread of
// the days (standard error of a median, 1.2533 s / sqrt(n)), for 95 %.
//
// Threads: pure.   Memory: values.   Failure: why_not says why there is no comparison.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "resolver/assessment/counted.h"
#include "resolver/assessment/people_tally.h"

namespace cenote::assessment {

struct Comparison {
    std::optional<WallTime> change;  // the switch; nullopt: it is not in the period
    std::optional<WallTime> limit_ends;
    ComparedDays days;
    std::string why_not;  // "no_limit", "began_before_period", "not_counted_before", "too_short"; empty: there is one
};

/// `covered_from`: since when the queries that the directive covers are counted.
[[nodiscard]] Comparison comparison_of(const DirectiveLine& line, const Period& period, const Counted& counted,
                                       const std::optional<WallTime>& covered_from);

/// Of episodes a day, in thousandths.
struct Spread {
    std::int64_t median = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
    std::size_t days = 0;
};
[[nodiscard]] Spread spread_of(std::vector<std::uint64_t> days);

/// In thousandths.
struct Effect {
    std::int64_t permille = 0;
    std::int64_t low = 0;
    std::int64_t high = 0;
};
/// nullopt: there was nothing before.
[[nodiscard]] std::optional<Effect> effect_of(const std::vector<std::uint64_t>& before,
                                              const std::vector<std::uint64_t>& during);

/// The values of the days that are compared.
struct ComparedValues {
    std::vector<std::uint64_t> before, during, after;
};
[[nodiscard]] ComparedValues compared_values(const Comparison& comparison, const DirectiveLine& line,
                                             const Period& period, const Counted& counted,
                                             const std::vector<Figure>& days);

}  // namespace cenote::assessment
