// SPDX-License-Identifier: Apache-2.0
//
// The time that a page is about, and its filters, from the address: `range=7d`, `from=…&to=…` or `since=DIRECTIVE`;
// `group=`, `service=`, `directive=`.
//
// A range ends with the span that is running: a minute, an hour or a day, so that what has just happened is in it. The
// equal span before it has the same number of them.
//
// Threads:  pure, but for `since`, which asks the daemon.
// Time:     Site::now.
// Memory:   values.
// Failure:  none: of a word that is not known `trouble` says so, and the range is that of seven days.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "resolver/history/store.h"
#include "resolver/pages/words.h"

namespace cenote::pages {

/// The words of `range`, as the picker shows them.
inline constexpr std::array<std::string_view, 5> kRangeWords{"1h", "24h", "7d", "30d", "365d"};

struct Range {
    WallTime from{};
    WallTime to{};  // behind its last span
    history::Span span = history::Span::Hour;
    seconds each{3600};                     // of a column of a chart: a multiple of the span
    std::string word;                       // of kRangeWords; empty for another one
    std::string since;                      // the directive
    std::string group, service, directive;  // filters; empty: all
    std::string trouble{};                  // a sentence; empty: all was understood

    [[nodiscard]] WallTime before() const noexcept { return from - (to - from); }
    [[nodiscard]] std::size_t columns() const noexcept {
        return static_cast<std::size_t>((to - from + each - seconds(1)) / each);
    }
};

[[nodiscard]] Range range_of(const Site& site, const Words& words);

/// "2026-02-06 09:00 KST – 2026-02-13 09:00 KST".
[[nodiscard]] std::string range_text(const Words& words, const Range& range);
/// The start of a column as short as it is clear: "09:15", "02-06 09:00", "2026-02-06".
[[nodiscard]] std::string column_text(const Words& words, const Range& range, WallTime at);

}  // namespace cenote::pages
