// SPDX-License-Identifier: Apache-2.0
//
// The report for people, from the JSON that `cenote report` makes: thirteen parts, in English or Korean, as text for a
// terminal, tables for CSV, or one HTML file. The JSON has kinds and numbers; the words are here.
//
// What is not known stays so: null is "not counted", a number of few people "<5" (the report's own limit), a hidden
// cell "hidden". None of them ever becomes zero.
//
// Threads:  pure, but for the time zone file of the period, which is read.
// Memory:   the result.
// Failure:  an Error that names the member of the JSON that is missing or of another kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/base/sentence.h"
#include "resolver/control/protocol.h"
#include "resolver/document/section.h"

namespace cenote::document {

using control::Json;

using cenote::Language;
/// "en", "ko".
[[nodiscard]] std::optional<Language> parse_language(std::string_view text) noexcept;
[[nodiscard]] std::string_view language_tag(Language language) noexcept;

/// One part, and all of them in order.
[[nodiscard]] Result<Section> section(const Json& report, Language language, Part part);
[[nodiscard]] Result<std::vector<Section>> sections(const Json& report, Language language);
/// Every table with all its columns and rows.
[[nodiscard]] Result<std::vector<Table>> tables(const Json& report, Language language);

/// From what `cenote report --verify` computes a report again: one line of JSON with digest, period and scope, which
/// each format other than JSON carries.
[[nodiscard]] Result<std::string> stamp(const Json& report, Language language);

/// 80 columns, but for the last line: "cenote-report STAMP".
[[nodiscard]] Result<std::string> text(const Json& report, Language language);
/// One file without script, whose one style has its hash in the Content-Security-Policy; the stamp is its <meta
/// name="cenote-report">.
[[nodiscard]] Result<std::string> html(const Json& report, Language language);

/// A section alone: lines of 80 columns; the inside of a <section> element of a page with charts::style() and
/// page_style().
[[nodiscard]] std::string text_of(const Section& section);
[[nodiscard]] std::string html_of(const Section& section, Language language);
[[nodiscard]] std::string_view page_style() noexcept;

/// Where a block stands in a page that has more than a report.
struct BlockPlace {
    std::string anchor;       // of a table: the id of its caption
    std::string table;        // of a figure: the anchor of its table; empty: there is none
    std::string table_title;  // of it
};
/// One block of such a page.
[[nodiscard]] std::string html_of(const Block& block, Language language, const BlockPlace& place);

/// RFC 4180 with a header row of the columns' ids and `data_digest` as last column. Cells of text that a spreadsheet
/// would take for a formula begin with an apostrophe.
[[nodiscard]] std::string csv(const Table& table, std::string_view data_digest);
/// The same of a table that belongs to no report, without that column.
[[nodiscard]] std::string csv(const Table& table);
/// What `report.csv` has: the facts of the cover, the tables, and the title of each column in the language.
[[nodiscard]] Result<std::string> csv_index(const Json& report, Language language);

}  // namespace cenote::document
