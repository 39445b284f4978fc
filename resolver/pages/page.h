// SPDX-License-Identifier: Apache-2.0
//
// A page before it is HTML: what a page function gives. Sections with the blocks of a report, and what only pages have:
// tiles and lines to type. Every table of a page is also had as CSV: the page's own address with `csv=TABLE`.
//
// Threads: values.   Memory: owns its texts.   Failure: none.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "resolver/charts/charts.h"
#include "resolver/document/section.h"
#include "resolver/pages/site.h"

namespace cenote::pages {

/// A number with what it was in the equal span before.
struct Tile {
    std::string title;
    std::string value;          // "1,234", "<5", "not counted"
    std::string change;         // "+12.3% (1,100 before)"; empty: nothing to compare with
    std::string href;           // where its row leads on; empty: nowhere
    charts::Sparkline trend{};  // without amounts: none
};
struct Tiles {
    std::vector<Tile> tiles;
};
/// A change that the page does not make: what it does, and the line to type.
struct Offer {
    std::string text;
    std::string line;
};
/// Links in a row: to pages with other filters, to single things.
struct Links {
    std::vector<std::pair<std::string, std::string>> links;  // text, address
};

/// A chart of columns over equal spans of time, and its table with a row for each: keys move a cursor over it, and a
/// part of it can be selected as a new range.
struct TimeFigure {
    document::Figure figure;
    WallTime from{};
    seconds each{};
};

using Block = std::variant<document::Heading, document::Paragraph, document::Facts, document::Points,
                           document::Verbatim, document::Table, document::Figure, TimeFigure, Tiles, Offer, Links>;

struct PageSection {
    std::string id;     // its anchor
    std::string title;  // empty: none is shown
    std::vector<Block> blocks;
};

struct Page {
    std::string title;
    std::string nav;  // which entry of the navigation it belongs to: "services"
    std::vector<PageSection> sections;
    bool has_range = true;  // the range and the filters of the address are shown and change it
    int status = 200;
    std::string script;       // an ES module of its own, "/assets/live.mjs"; empty: none
    std::string body_before;  // HTML of the page's own before the sections, from writers of this module
    // Sections behind `sections` that take longer to make: the frame is sent before. Uses the Site. Empty: none.
    std::function<std::vector<PageSection>()> later{};
};

/// One of the site's pages, by its address.
using PageFunction = Result<Page> (*)(const Site& site);

}  // namespace cenote::pages
