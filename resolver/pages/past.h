// SPDX-License-Identifier: Apache-2.0
//
// The numbers of a range from history.db: by verdict over time, of each service, group and directive, and of the equal
// span before; what was not counted; and people, hidden where they are few.
//
// People are episodes and different clients of the whole days of UTC that the range touches, of its last 31 days where
// it is longer: sketches of more would be long to read, and different clients are never added up over months. Signals
// are of the same whole days, of all of them.
//
// Threads:  one request.
// Time:     that of the range.
// Memory:   counts of each service, group and directive, and of each column; sketches of 31 days.
// Failure:  none: `trouble` says why the history cannot be read. A row that is damaged is passed over.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/assessment/figure.h"
#include "resolver/charts/charts.h"
#include "resolver/pages/range.h"

namespace cenote::pages {

/// Queries for a service by what the policy decided, the strictest first. Those that nothing covers have no service.
enum class Verdict : std::uint8_t { Blocked, Restricted, Advised, Observed, Excepted, Allowed };
inline constexpr std::size_t kVerdictCount = 6;
inline constexpr std::array<std::string_view, kVerdictCount> kVerdictWords{"block",   "restrict",  "advise",
                                                                           "observe", "exception", "allow"};

struct Sums {
    std::array<std::uint64_t, kVerdictCount> by{};

    [[nodiscard]] std::int64_t total() const noexcept;
    [[nodiscard]] std::int64_t limited() const noexcept;  // not resolved: blocked and restricted
    [[nodiscard]] std::int64_t of(Verdict verdict) const noexcept {
        return static_cast<std::int64_t>(by[static_cast<std::size_t>(verdict)]);
    }
};

/// Episodes and different clients, with what is hidden of them.
struct People {
    assessment::Figure episodes;
    assessment::Figure clients;
};

/// Of one service, group or directive.
struct Use {
    std::string id;
    Sums now;
    Sums before;
    std::optional<WallTime> first, last;    // the columns of the range with its first and last query
    std::array<std::uint64_t, 16> roles{};  // queries by the number of the role (domainset/source.h) plus one
    std::vector<Sums> columns;              // of the range
    People people{};
};

/// Of a group and a service.
struct PairUse {
    Sums now;
    assessment::Figure episodes;
};

/// A column of the charts over time.
struct Slot {
    WallTime from{};
    Sums sums;
    bool is_counted = false;  // some of it was
    bool has_gap = false;     // some of it was not
};

struct Past {
    Range range;
    std::uint32_t smallest = 0;
    std::string trouble{};                 // a sentence; empty: the history was read
    std::optional<WallTime> since, until;  // of all that the history has; nullopt: nothing
    std::vector<history::Gap> gaps{};      // in the range
    Sums total{}, before{};
    std::vector<Slot> slots{};
    std::array<Sums, 24> hours{};  // of the day on the site's clock; of ranges that are not counted by days
    std::vector<Use> services{}, groups{}, directives{};  // with queries in the range or before, most of them first
    std::map<std::pair<std::string, std::string>, PairUse> pairs{};  // by group and service
    WallTime people_from{}, people_to{};                             // the whole days of UTC that people are of
    People people{};
    // Of ways around the resolver, and those of as many days before; nullopt: not read, or not of what is filtered.
    std::optional<std::int64_t> signals{}, signals_before{};

    /// Whether any of the range was counted, and all of the equal span before it.
    [[nodiscard]] bool has_counts() const noexcept { return since && *since<range.to&& * until> range.from; }
    [[nodiscard]] bool has_before() const noexcept { return since && *since <= range.before(); }
    /// A number of the range, and of the span before; nullopt where it was not counted.
    [[nodiscard]] std::optional<std::int64_t> counted(std::int64_t count) const;
    [[nodiscard]] std::optional<std::int64_t> counted_before(std::int64_t count) const;
    [[nodiscard]] Json people_json(const assessment::Figure& figure) const { return figure.json(smallest); }
};

/// Whether sketches and signals are read: they take most of the time.
enum class Wants : std::uint8_t { Counts, People };
[[nodiscard]] Past past_of(const Site& site, const Range& range, Wants wants);

/// Without counts: what the history has of the range, and its gaps.
[[nodiscard]] Past extent_of(const Site& site, const Range& range);
/// "Counted on this node since …", and the gaps of the range.
[[nodiscard]] std::string counted_text(const Words& words, const Past& past);

/// nullptr: it has no query.
[[nodiscard]] const Use* find_use(const std::vector<Use>& all, std::string_view id);

}  // namespace cenote::pages
