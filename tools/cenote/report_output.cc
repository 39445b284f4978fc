// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <vector>

#include "resolver/base/bytes.h"
#include "tools/cenote/report_file.h"

extern char** environ;

namespace cenote::cli {
namespace {

struct FormatName {
    ReportFormat format;
    std::string_view name, ending;
};
constexpr std::array<FormatName, 5> kFormats{{{ReportFormat::Text, "text", ".txt"},
                                              {ReportFormat::Data, "json", ".json"},
                                              {ReportFormat::Csv, "csv", ".csv"},
                                              {ReportFormat::Html, "html", ".html"},
                                              {ReportFormat::Pdf, "pdf", ".pdf"}}};
constexpr std::size_t kPdfMax = std::size_t{256} << 20;

bool is_folder(const Path& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
}

/// The mode that a new file of this user has.
unsigned new_mode() {
    const mode_t mask = ::umask(0);
    ::umask(mask);
    return 0666U & ~static_cast<unsigned>(mask);
}

Status put(const Path& out, std::string_view content) {
    if (out.empty()) {
        if (std::fwrite(content.data(), 1, content.size(), stdout) != content.size())
            return Error{fmt::format("cannot write to stdout: {}", std::strerror(errno))};
        return Done{};
    }
    if (is_folder(out)) return Error{fmt::format("{} is a folder: name a file in it", out.string())};
    return publish_file(out, bytes_of(content), new_mode());
}

/// A folder of its own below the temporary one; removed with what is in it.
class WorkFolder {
public:
    WorkFolder() {
        std::error_code ignored;
        std::string name = (std::filesystem::temp_directory_path(ignored) / "cenote-report-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr) path_ = name;
    }
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    ~WorkFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const Path& path() const noexcept { return path_; }

private:
    Path path_;
};

/// Runs weasyprint; its warnings about CSS that it does not know are not for the reader of a report.
Status run_weasyprint(const Path& html, const Path& pdf) {
    std::array<std::string, 4> words{"weasyprint", "--quiet", html.string(), pdf.string()};
    std::array<char*, 5> arguments{};
    for (std::size_t i = 0; i < words.size(); ++i) arguments.at(i) = words.at(i).data();
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, arguments[0], nullptr, nullptr, arguments.data(), environ);
    if (failed == ENOENT)
        return Error{
            "a PDF needs weasyprint, which is not installed: install the package weasyprint, or print the "
            "html format from a browser"};
    if (failed != 0) return Error{fmt::format("cannot run weasyprint: {}", std::strerror(failed))};
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return Error{"weasyprint has failed; its message is above. The html format needs no other program"};
    return Done{};
}

Result<std::string> pdf_of(const document::Json& report, document::Language language) {
    const auto page = document::html(report, language);
    if (!page) return page.error();
    const WorkFolder folder;
    if (folder.path().empty()) return Error{fmt::format("cannot make a temporary folder: {}", std::strerror(errno))};
    const Path html = folder.path() / "report.html";
    const Path pdf = folder.path() / "report.pdf";
    if (auto written = publish_file(html, bytes_of(*page), 0600); !written) return std::move(written).error();
    if (auto made = run_weasyprint(html, pdf); !made) return std::move(made).error();
    return read_file(pdf, kPdfMax);
}

Result<std::string> table_of(const document::Json& report, const ReportOutput& output) {
    const auto tables = document::tables(report, output.language);
    if (!tables) return tables.error();
    std::string names;
    for (const document::Table& table : *tables) {
        if (table.id == output.table) return document::csv(table, report.value("data_digest", std::string()));
        names += (names.empty() ? "" : " ") + table.id;
    }
    return Error{fmt::format("there is no table '{}': {}", output.table, names)};
}

/// Makes the folder, or accepts one that is empty or has a report already.
Status prepare_folder(const Path& folder) {
    std::error_code failed;
    if (std::filesystem::exists(folder, failed) && !is_folder(folder))
        return Error{fmt::format("{} is a file: csv is a folder of files; name a folder, or one table with --table",
                                 folder.string())};
    if (is_folder(folder)) {
        const bool empty = std::filesystem::is_empty(folder, failed);
        if (!failed && (empty || std::filesystem::exists(folder / kStampFile, failed))) return Done{};
        return Error{
            fmt::format("{} has other files: name a new folder, an empty one, or one with a report", folder.string())};
    }
    if (std::filesystem::create_directory(folder, failed)) return Done{};
    return Error{fmt::format("cannot make the folder {}: {}", folder.string(), failed.message())};
}

Status write_folder(const document::Json& report, const ReportOutput& output) {
    if (output.out.empty() || output.out.extension() == ".csv")
        return Error{"csv is one file a table: name a folder with --out, or one table with --table"};
    const auto tables = document::tables(report, output.language);
    if (!tables) return tables.error();
    const auto index = document::csv_index(report, output.language);
    if (!index) return index.error();
    const auto stamp = document::stamp(report, output.language);
    if (!stamp) return stamp.error();
    if (auto ready = prepare_folder(output.out); !ready) return ready;
    // First what makes the folder one of a report, so that a second attempt may go on.
    if (auto put_stamp = put(output.out / kStampFile, *stamp + "\n"); !put_stamp) return put_stamp;
    if (auto put_index = put(output.out / "report.csv", *index); !put_index) return put_index;
    for (const document::Table& table : *tables) {
        const std::string text = document::csv(table, report.value("data_digest", std::string()));
        if (auto written = put(output.out / (table.id + ".csv"), text); !written) return written;
    }
    return Done{};
}

}  // namespace

std::optional<ReportFormat> parse_report_format(std::string_view text) noexcept {
    for (const FormatName& one : kFormats)
        if (one.name == text) return one.format;
    return std::nullopt;
}

std::optional<ReportFormat> format_of_file(const Path& file) {
    for (const FormatName& one : kFormats)
        if (file.extension() == one.ending) return one.format;
    return std::nullopt;
}

Result<ReportFormat> chosen_format(std::string_view format, const Path& out) {
    const auto by_name = format_of_file(out);
    if (format.empty()) {
        if (out.empty()) return ReportFormat::Text;
        if (by_name) return *by_name;
        return Error{
            fmt::format("the name {} does not say the format: give --format text, json, csv, html or pdf, or a "
                        "name with .txt, .json, .csv, .html or .pdf",
                        out.string())};
    }
    const auto named = parse_report_format(format);
    if (!named) return Error{fmt::format("'{}' is not a format: text, json, csv, html or pdf", format)};
    if (by_name && *by_name != *named)
        return Error{fmt::format("--format {} and the name {} contradict each other", format, out.string())};
    return *named;
}

Status write_report(const document::Json& report, const ReportOutput& output) {
    if (!output.table.empty() && output.format != ReportFormat::Csv)
        return Error{"--table is for csv: add --format csv"};
    Result<std::string> content = std::string();
    switch (output.format) {
        case ReportFormat::Text: content = document::text(report, output.language); break;
        case ReportFormat::Html: content = document::html(report, output.language); break;
        case ReportFormat::Pdf:
            if (output.out.empty() && ::isatty(STDOUT_FILENO) == 1)
                return Error{"a PDF is not for a terminal: name a file with --out FILE.pdf"};
            if (is_folder(output.out)) return put(output.out, "");
            content = pdf_of(report, output.language);
            break;
        case ReportFormat::Csv:
            if (output.table.empty()) return write_folder(report, output);
            content = table_of(report, output);
            break;
        case ReportFormat::Data:
            content = report.dump(-1, ' ', false, document::Json::error_handler_t::replace) + "\n";
            break;
    }
    if (!content) return content.error();
    return put(output.out, *content);
}

}  // namespace cenote::cli
