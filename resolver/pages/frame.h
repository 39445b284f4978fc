// SPDX-License-Identifier: Apache-2.0
//
// The parts of a page around its sections. Private to pages.
//
// Threads: pure.   Memory: the text.   Failure: none.
#pragma once

#include <string>

#include "resolver/pages/render.h"

namespace cenote::pages {

/// From the beginning to the end of <head>. `script`: an ES module of the page's own.
[[nodiscard]] std::string head_html(Language language, std::string_view title, std::string_view script);
[[nodiscard]] std::string header_html(const Site& site, const Words& words, const Surroundings& around);
[[nodiscard]] std::string navigation_html(const Site& site, const Words& words, std::string_view current);
[[nodiscard]] std::string range_html(const Site& site, const Words& words, const Range& range,
                                     const Surroundings& around);
[[nodiscard]] std::string footer_html(const Words& words, const Surroundings& around);

}  // namespace cenote::pages
