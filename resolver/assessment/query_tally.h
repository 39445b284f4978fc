// SPDX-License-Identifier: Apache-2.0
//
// Adds the counts of queries up: by service, group, directive, day and hour.
//
// Threads: one.   Time: arguments.   Memory: a value for each service, group and directive, and for each day of these.
// Failure: none.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/assessment/period.h"
#include "resolver/assessment/subjects.h"

namespace cenote::assessment {

/// The verdicts that a report distinguishes.
inline constexpr std::array<std::pair<telemetry::QueryVerdict, const char*>, 6> kColumns{
    {{telemetry::QueryVerdict::Observe, "observe"},
     {telemetry::QueryVerdict::Advise, "advise"},
     {telemetry::QueryVerdict::Restrict, "restrict"},
     {telemetry::QueryVerdict::Block, "block"},
     {telemetry::QueryVerdict::Allow, "allow"},
     {telemetry::QueryVerdict::Exception, "exception"}}};
using ByVerdict = std::array<std::uint64_t, kColumns.size()>;
[[nodiscard]] std::uint64_t sum_of(const ByVerdict& counts) noexcept;
/// Those that were sinkholed.
[[nodiscard]] std::uint64_t limited_of(const ByVerdict& counts) noexcept;
[[nodiscard]] bool is_limited(telemetry::QueryVerdict verdict) noexcept;

struct ServiceCounts {
    ByVerdict queries{};
    std::array<std::uint64_t, 16> roles{};
    std::map<std::uint32_t, std::uint64_t> groups;  // queries of each
    std::uint64_t before = 0;                       // queries in the equal span before
    std::optional<WallTime> first;                  // in the period
    std::optional<WallTime> last;
    std::optional<WallTime> first_read;  // in all that is read
};

struct DirectiveCounts {
    struct Day {
        std::uint64_t queries = 0;  // of what it covers, whichever directive they hit
        std::uint64_t limited = 0;
    };
    std::vector<Day> days;
    // In the period:
    std::map<std::pair<std::uint32_t, telemetry::QueryVerdict>, std::uint64_t> hits;  // on it, by group
    std::map<std::uint32_t, std::uint64_t> open;                                      // of what it covers, by service
};

/// Queries that an exception left open, in an hour or a day.
struct ExceptionUse {
    WallTime from{};
    WallTime to{};
    std::uint32_t directive = kNobody;
    std::uint32_t group = 0;
    std::uint64_t queries = 0;
};

class QueryTally {
public:
    QueryTally(const Period& period, const Inputs& inputs, Subjects& subjects)
        : period_(period),
          inputs_(inputs),
          subjects_(subjects),
          days_(static_cast<std::size_t>(period.days())),
          has_rows_(days_.size()) {}

    /// In the order of their times. Rows of days are of the date that the day has in UTC.
    void add(const history::Scan& scan, history::Span span, const history::CountRow& row);

    [[nodiscard]] const ServiceCounts& service(std::uint32_t service) const;
    [[nodiscard]] const DirectiveCounts& directive(std::uint32_t directive) const;
    [[nodiscard]] const std::vector<ByVerdict>& days() const noexcept { return days_; }
    [[nodiscard]] const std::array<std::uint64_t, 24>& hours() const noexcept { return hours_; }
    [[nodiscard]] const std::vector<ExceptionUse>& exception_uses() const noexcept { return exception_uses_; }
    [[nodiscard]] std::uint64_t group(std::uint32_t group) const;
    /// Whether a node counted on that day, though another had a gap.
    [[nodiscard]] bool has_rows(int day) const { return has_rows_[static_cast<std::size_t>(day)]; }
    /// Nodes with rows in the period.
    [[nodiscard]] const std::map<history::IdNumber, bool>& nodes() const noexcept { return nodes_; }

private:
    struct Place {
        int day = 0;
        bool in_period = false;
        bool before = false;
    };
    [[nodiscard]] std::optional<Place> place_of(history::Span span, WallTime at);
    void add_use(const history::CountRow& row, const Place& place, std::uint32_t service, std::uint32_t group);
    void add_to_directives(const history::CountRow& row, const Place& place, std::uint32_t service,
                           std::uint32_t directive, std::uint32_t group);
    DirectiveCounts& counts_of(std::uint32_t directive);

    const Period& period_;
    const Inputs& inputs_;
    Subjects& subjects_;
    int at_day_ = 0;  // of the last row of an hour
    std::vector<ServiceCounts> services_;
    std::vector<DirectiveCounts> directives_;
    std::vector<std::uint64_t> groups_;
    std::vector<ByVerdict> days_;
    std::vector<bool> has_rows_;
    std::array<std::uint64_t, 24> hours_{};
    std::vector<ExceptionUse> exception_uses_;
    std::map<history::IdNumber, bool> nodes_;
};

}  // namespace cenote::assessment
