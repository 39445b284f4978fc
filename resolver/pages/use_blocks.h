// SPDX-License-Identifier: Apache-2.0
//
// What the pages about use have in common: charts over time with the edges of directives, tables of services and
// groups, and the rows of the verbs by their ids. Private to pages.
//
// Threads: one request.   Memory: the blocks.   Failure: what the daemon does not give is absent.
#pragma once

#include <string>
#include <vector>

#include "resolver/pages/page.h"
#include "resolver/pages/past.h"

namespace cenote::pages {

/// The array that a verb gives; empty where it cannot be asked.
[[nodiscard]] Json rows_of(const Site& site, const std::string& verb, Json args = Json::object());
/// All directives, the ended ones too.
[[nodiscard]] Json all_directives(const Site& site);
/// The row with an id; null: there is none.
[[nodiscard]] const Json& row_with(const Json& rows, std::string_view id);

/// A change of a directive: it begins, takes another step, ends or is lifted.
struct Edge {
    WallTime at{};
    std::string directive;
    std::string what;  // "block", "end", "lift"
    std::string title;
};
/// Those of the rows, in the order of their times. `only`: of one directive; empty: of all.
[[nodiscard]] std::vector<Edge> edges_of(const Words& words, const Json& directives, std::string_view only);

/// The verdicts that occur, as series of a chart.
[[nodiscard]] std::vector<Verdict> verdicts_in(const std::vector<Sums>& all);
[[nodiscard]] std::vector<charts::Series> series_of(const Words& words, const std::vector<Verdict>& verdicts);

/// Queries over time by verdict with the edges, and the table "over_time".
void add_over_time(const Words& words, const Past& past, const std::vector<Edge>& edges, PageSection& section);
/// Hours of the day, and the table "hours"; nothing for ranges that are counted by days.
void add_hours(const Words& words, const Past& past, PageSection& section);

/// Queries and the share that was limited, beside the equal span before; with people also episodes and clients.
[[nodiscard]] Tiles use_tiles(const Words& words, const Past& past, Wants wants);

/// Bars of the first ones by verdict, and the table `id` with all of them.
void add_services(const Site& site, const Words& words, const Past& past, const Json& services, PageSection& section);
void add_groups(const Site& site, const Words& words, const Past& past, const Json& groups, PageSection& section);
void add_directives(const Site& site, const Words& words, const Past& past, const Json& directives,
                    PageSection& section);

/// "Cenote" by its id, "cenote" where the catalogue has none.
[[nodiscard]] std::string name_of(const Json& services, const std::string& id);
/// Whether a directive has a service among its targets.
[[nodiscard]] bool takes(const Json& directive, const Json& service);
/// What directives say about a service: "not_approved", "advised", "in_review", "unreviewed".
[[nodiscard]] std::string review_of(const Json& directives, const Json& service);
/// The state of a directive with its word: "in force".
[[nodiscard]] std::string state_text(const Words& words, const Json& directive);

/// Whether it is used in the range and was not in the equal span before.
[[nodiscard]] bool is_new(const Past& past, const Use& use);
/// "DeepSeek (new)"; the name alone where it was used before, or that is not known.
[[nodiscard]] std::string marked_name(const Words& words, const Past& past, const Json& services, const Use& use);
/// Permille of a part; nullopt of nothing.
[[nodiscard]] std::optional<std::int64_t> share_of(std::int64_t part, std::int64_t whole) noexcept;
/// "+12%" of a use beside the equal span before; "new".
[[nodiscard]] document::Cell change_cell(const Words& words, const Past& past, const Use& use);
/// A sentence in the place of numbers that there are not.
void add_nothing(const Words& words, const Past& past, PageSection& section);

}  // namespace cenote::pages
