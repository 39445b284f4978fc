// SPDX-License-Identifier: Apache-2.0
//
// What pages have in common when they put values into words: the reader's language and the site's zone, cells of
// tables, and addresses of other pages.
//
// Threads: one request.   Memory: the time zone.   Failure: none; the zone of a daemon that cannot be asked is UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/time_text.h"
#include "resolver/document/members.h"
#include "resolver/document/section.h"
#include "resolver/document/words.h"
#include "resolver/pages/phrases.h"
#include "resolver/pages/site.h"

namespace cenote::pages {

using document::at;
using document::number_at;
using document::size_at;
using document::text_at;
using document::Words;

/// All rows of a verb that gives an array, which may come in several replies.
[[nodiscard]] Result<Json> rows_from(const Site& site, const std::string& verb, Json args = Json::object());

/// In the language of the request and the site's zone, which the daemon's `ping` gives.
[[nodiscard]] Words words_of(const Site& site);

/// "2026-02-06 09:00 KST".
[[nodiscard]] std::string time_text(const Words& words, WallTime at);
/// "1,234"; nullopt: "not counted".
[[nodiscard]] std::string number_text(const Words& words, std::optional<std::int64_t> value);
/// "+12.3% (1,100 before)", "+5 (none before)"; empty where either is not known.
[[nodiscard]] std::string change_text(const Words& words, std::optional<std::int64_t> now,
                                      std::optional<std::int64_t> before);

/// A sentence of cenoted by its `code` and `values`: the phrase "PREFIX.CODE" with them, times in the site's zone.
/// Where there is no such phrase, as of a later cenoted, its own text.
[[nodiscard]] std::string sentence_text(const Words& words, std::string_view prefix, const Json& sentence,
                                        const std::string& text);
/// The same for one of several.
[[nodiscard]] std::string sentence_text(const Words& words, std::string_view prefix, const Json& sentences,
                                        std::size_t index, const std::string& text);

/// Cells; `link` is the address where the row leads on.
[[nodiscard]] document::Cell text_cell(std::string text, std::string link = "");
/// A word for what programs read as `plain`.
[[nodiscard]] document::Cell word_cell(const Words& words, std::string_view field, const std::string& plain);
[[nodiscard]] document::Cell number_cell(const Words& words, std::optional<std::int64_t> value, std::string link = "");
/// Of the RFC 3339 text that a verb gives; "–" for null.
[[nodiscard]] document::Cell time_cell(const Words& words, const Json& at);
/// A number of people as the verbs give it: {"n":7}, {"fewer_than":5}, {"hidden":true}, null.
[[nodiscard]] document::Cell people_cell(const Words& words, const Json& count);

/// The address of another page with the range and the filters of this one. `changes` set a name of the query, or with
/// an empty value take it away.
[[nodiscard]] std::string address_of(const Request& request, std::string_view path, Values changes = {});
/// A part of a path, or a value of a query, percent-encoded.
[[nodiscard]] std::string encoded(std::string_view text);

}  // namespace cenote::pages
