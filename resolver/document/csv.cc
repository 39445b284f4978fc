// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/base/printable.h"
#include "resolver/document/document.h"
#include "resolver/document/reading.h"

namespace cenote::document {
namespace {

/// A field of RFC 4180 §2, in quotes where it has to be.
std::string field(const std::string& text) {
    if (text.find_first_of("\",\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + "\"";
}

/// A text from outside: no control characters, and no formula for a spreadsheet.
std::string guarded(const std::string& text) {
    const std::string shown = printable(text);
    return !shown.empty() && std::string_view("=+-@").find(shown.front()) != std::string_view::npos ? "'" + shown
                                                                                                    : shown;
}

std::string line(const std::vector<std::string>& fields) {
    std::string out;
    for (std::size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + field(fields[i]);
    return out + "\r\n";
}

/// `more`: the header and the value of a last column; empty: there is none.
std::string lines_of(const Table& table, const std::vector<std::string>& more) {
    std::vector<std::string> fields;
    for (const Column& column : table.columns) fields.push_back(column.id);
    if (!more.empty()) fields.push_back(more.front());
    std::string out = line(fields);
    for (const auto& row : table.rows) {
        fields.clear();
        for (std::size_t i = 0; i < row.size(); ++i)
            fields.push_back(table.columns[i].number ? row[i].plain : guarded(row[i].plain));
        if (!more.empty()) fields.push_back(more.back());
        out += line(fields);
    }
    return out;
}

}  // namespace

std::string csv(const Table& table, std::string_view data_digest) {
    return lines_of(table, {"data_digest", guarded(std::string(data_digest))});
}

std::string csv(const Table& table) { return lines_of(table, {}); }

Result<std::string> csv_index(const Json& report, Language language) {
    const auto all = tables(report, language);
    if (!all) return all.error();
    std::string out = line({"entry", "name", "value"});
    for (const char* path : {"data_digest", "period.from", "period.to", "period.zone", "scope.directive", "scope.group",
                             "made.title", "made.at", "made.by", "made.node", "made.version"})
        out += line({"fact", path, guarded(text_at(report, path))});
    out += line({"fact", "language", std::string(language_tag(language))});
    for (const Table& table : *all) {
        out += line({"table", table.id, table.title});
        for (const Column& column : table.columns)
            out += line({"column", fmt::format("{}.{}", table.id, column.id), column.title});
    }
    return out;
}

Result<std::string> stamp(const Json& report, Language language) {
    const auto reading = Reading::of(report, language);
    if (!reading) return reading.error();
    const Json made{{"cenote_report", 1},
                    {"data_digest", at(report, "data_digest")},
                    {"directive", at(report, "scope.directive")},
                    {"from", at(report, "period.from")},
                    {"group", at(report, "scope.group")},
                    {"lang", language_tag(language)},
                    {"to", at(report, "period.to")},
                    {"zone", at(report, "period.zone")}};
    return made.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace cenote::document
