// SPDX-License-Identifier: Apache-2.0
//
// Writes a page as HTML: its frame with header, navigation, range, filters and footer, and its blocks. No script and no
// style stands in it, and everything foreign is escaped.
//
// Threads: pure.   Memory: the text.   Failure: none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/pages/page.h"
#include "resolver/pages/range.h"

namespace cenote::pages {

/// What the frame says beside the page itself.
struct Surroundings {
    std::string node;    // empty: not known
    std::string policy;  // version and short digest
    std::string zone;
    std::optional<std::size_t> problems;  // that need attention; nullopt: the daemon cannot be asked
    std::vector<std::string> troubles;    // sentences above the page: no daemon, no history, a word that is not known
    std::string counted;                  // since when, and the gaps of the range
    std::vector<std::string> groups;      // to choose from
    std::vector<std::string> directives;
};

/// Asks the daemon and the history. `range` is that of the page; nullptr: it has none.
[[nodiscard]] Surroundings surroundings_of(const Site& site, const Words& words, const Range* range);

/// A page in three parts: up to its sections, the sections, and what stands behind them.
[[nodiscard]] std::string page_begin(const Site& site, const Words& words, const Page& page, const Range* range,
                                     const Surroundings& around);
[[nodiscard]] std::string sections_html(const Request& request, const std::vector<PageSection>& sections);
[[nodiscard]] std::string page_end(const Words& words, const Surroundings& around);

/// The table with an id; nullptr: the page has none.
[[nodiscard]] const document::Table* find_table(const Page& page, std::string_view id);

}  // namespace cenote::pages
