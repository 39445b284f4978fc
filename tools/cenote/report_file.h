// SPDX-License-Identifier: Apache-2.0
//
// A report as a file in one of its formats: what it was made from, and the digest of its data. JSON has all of it;
// html, text and csv carry a stamp, one line of JSON (docs/REPORT.md).
//
// Threads: pure, but for read_report_file().
// Memory:  the file, up to 64 MiB.
// Failure: Result with a line that says what the file is not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// In a folder of CSV files: the stamp of their report.
inline constexpr const char* kStampFile = "cenote-report.json";

struct ReportFile {
    std::string format;  // "json", "html", "text", "csv"
    std::string data_digest;
    Json parameters;  // `from`, `to`, and where they are given `directive`, `group`: arguments of the verb `report`
    std::optional<Json> report;  // nullopt: the format has only the stamp
    std::string contradiction;   // why the file does not have the digest that it names; empty: it has
};

/// A file, or a folder of csv files.
[[nodiscard]] Result<ReportFile> read_report_file(const Path& path);

/// The same for the text of a file. `beside`: the content of cenote-report.json in its folder, for csv; empty: there is
/// none.
[[nodiscard]] Result<ReportFile> parse_report_file(std::string_view text, std::string_view beside);

/// Hexadecimal SHA-256 of the data of a report: its RFC 8785 text without `made` and `data_digest`.
[[nodiscard]] std::string data_digest_of(const Json& report);

}  // namespace cenote::cli
