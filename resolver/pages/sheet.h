// SPDX-License-Identifier: Apache-2.0
//
// A page under way: its sections, its tables, its forms, and what of it could not be read. Private to the rule pages.
//
// Threads: one request.   Memory: the page.   Failure: none; a part that cannot be read says why, and the rest follows.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "resolver/pages/page.h"
#include "resolver/pages/words.h"

namespace cenote::pages {

class Sheet {
public:
    /// The title is the phrase "NAV_page".
    Sheet(const Site& site, std::string nav);

    [[nodiscard]] const Words& words() const noexcept { return words_; }
    [[nodiscard]] std::string say(std::string_view key, Values values = {}) const;

    void section(std::string id, std::string title);
    void sentence(std::string text);
    void add(Block block);
    /// The table; where it has no rows the sentence instead.
    void table(document::Table table, std::string none);
    /// What is not shown and why.
    void failed(const Error& error);
    /// Points to what the user lacks to see this page.
    void needs_inspect();

    /// The page without range and filters unless they are set.
    [[nodiscard]] Page& page() noexcept { return page_; }
    [[nodiscard]] Page finish() && { return std::move(page_); }

private:
    Page page_;
    Words words_;
};

/// A table without rows. The title of a column is the phrase "column.ID"; "queries#" is a column of numbers.
[[nodiscard]] document::Table new_table(const Words& words, std::string id, std::string title,
                                        std::initializer_list<std::string_view> columns);
/// "1,234" of a number; "–" for anything else.
[[nodiscard]] document::Cell count_cell(const Words& words, const Json& value, std::string link = "");
/// A text, or "–" where it is empty.
[[nodiscard]] std::string or_dash(std::string text);
[[nodiscard]] std::string text_or_dash(const Json& json, std::string_view path);

/// A field of a form, with what the request has for it. `label` is a phrase.
[[nodiscard]] std::string text_input(const Sheet& sheet, const Site& site, const char* name, std::string_view label,
                                     std::string_view placeholder = "");
/// The choice of one of these verdicts or of any, with the one that the request has.
[[nodiscard]] std::string verdict_input(const Sheet& sheet, const Site& site, std::span<const char* const> verdicts);

/// A word for a line to type, taken from an address: the placeholder where it has more than letters, digits and
/// "-._:/", so that no line does anything else than it seems to.
[[nodiscard]] std::string typed(std::string_view word, std::string_view placeholder);

/// The text of a verb; empty where it gives something else.
[[nodiscard]] Result<std::string> ask_text(const Site& site, const std::string& verb, Json args = Json::object());

}  // namespace cenote::pages
