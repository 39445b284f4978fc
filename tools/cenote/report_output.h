// SPDX-License-Identifier: Apache-2.0
//
// A report in one of its formats, on stdout or in files (docs/REPORT.md).
//
// Files are replaced as a whole: there is the old content or the new one. A folder of CSV files is made, or was one
// before; a folder with other files is left as it is.
//
// Threads: one.   Memory: the report in its format.   Failure: a line that says what to do; no file is left half
// written.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/fd.h"
#include "resolver/document/document.h"

namespace cenote::cli {

enum class ReportFormat : std::uint8_t { Text, Data, Csv, Html, Pdf };
/// "text", "json", "csv", "html", "pdf".
[[nodiscard]] std::optional<ReportFormat> parse_report_format(std::string_view text) noexcept;
/// What the ending of a file's name asks for: .txt .json .csv .html .pdf.
[[nodiscard]] std::optional<ReportFormat> format_of_file(const Path& file);

struct ReportOutput {
    ReportFormat format = ReportFormat::Text;
    document::Language language = document::Language::English;
    Path out;           // empty: stdout; for CSV without `table` a folder
    std::string table;  // CSV of one table; empty: of all
};

/// The format of `--format` and `--out`, which must not contradict each other; text where neither is given.
Result<ReportFormat> chosen_format(std::string_view format, const Path& out);

Status write_report(const document::Json& report, const ReportOutput& output);

}  // namespace cenote::cli
