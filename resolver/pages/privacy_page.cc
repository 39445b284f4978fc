// SPDX-License-Identifier: Apache-2.0
//
// /privacy: the statement in the reader's language, as `cenote privacy` prints it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "resolver/pages/pages.h"
#include "resolver/pages/sheet.h"

namespace cenote::pages {
namespace {

/// The statement is lines: below an empty one stands a heading, and each line with a hyphen is a sentence of its own.
/// A heading begins a section.
void add_statement(Sheet& sheet, std::string_view text) {
    document::Points points;
    const auto end_list = [&] {
        if (!points.points.empty()) sheet.add(std::exchange(points, {}));
    };
    std::size_t headings = 0;
    bool below_empty = false;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const bool heading = std::exchange(below_empty, line.empty());
        if (line.starts_with("- ")) {
            points.points.push_back({"", "", std::string(line.substr(2)), ""});
            continue;
        }
        end_list();
        if (line.empty()) continue;
        if (heading)
            sheet.section(fmt::format("statement{}", ++headings), std::string(line));
        else
            sheet.sentence(std::string(line));
    }
    end_list();
}

}  // namespace

Result<Page> privacy_page(const Site& site) {
    Sheet sheet(site, "privacy");
    const auto statement = site.daemon.data("privacy", {{"language", document::language_tag(site.request.language)}});
    if (!statement) {
        sheet.failed(statement.error());
        return std::move(sheet).finish();
    }
    add_statement(sheet, sheet.words().times().shown_in(text_at(*statement, "text")));
    sheet.section("lines", sheet.say("privacy_page.lines"));
    sheet.add(Offer{sheet.say("privacy_page.print"),
                    site.request.language == Language::Korean ? "cenote privacy --lang ko" : "cenote privacy"});
    sheet.add(Offer{sheet.say("privacy_page.about"), "cenote privacy about --client IP --purpose TEXT"});
    sheet.add(Links{{{sheet.say("audit_page.looks"), "/audit?looks=yes"}}});
    return std::move(sheet).finish();
}

}  // namespace cenote::pages
