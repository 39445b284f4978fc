// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "resolver/base/ascii.h"
#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"

namespace cenote::cli {
namespace {

constexpr int kVersion = 1;
constexpr std::uintmax_t kSizeMax = std::uintmax_t{64} << 20;
constexpr const char* kReport = "report";        // the version, in a report as JSON
constexpr const char* kStamp = "cenote_report";  // the version, in a stamp
constexpr std::string_view kTextMark = "cenote-report ";
constexpr std::string_view kHtmlMark = "name=\"cenote-report\"";
constexpr std::string_view kCsvColumn = "data_digest";

const Error kNoReport{
    "it is no report of cenote as json, html, text or csv; of a pdf, check the html that it was made of"};

bool is_digest(const std::string& text) {
    constexpr std::size_t kHexDigits = 64;
    return text.size() == kHexDigits && std::ranges::all_of(text, [](char c) { return is_lower_hexadecimal(c); });
}

std::string text_at(const Json& object, const char* key) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>()
                                                                             : std::string();
}

const Json& part_of(const Json& object, const char* key) {
    static const Json kNone = Json::object();
    const auto found = object.is_object() ? object.find(key) : object.end();
    return object.is_object() && found != object.end() ? *found : kNone;
}

Status check_version(const Json& object, const char* key) {
    const Json& version = part_of(object, key);
    if (!version.is_number_integer()) return kNoReport;
    if (version.get<std::int64_t>() == kVersion) return Done{};
    return Error{fmt::format("it has version {} and this program reads version {}: it is of a later Cenote",
                             version.get<std::int64_t>(), kVersion)};
}

/// `times` has `from` and `to`, `scope` has `directive` and `group`; both are the stamp itself where there is one.
Result<ReportFile> read_parameters(std::string format, const Json& whole, const Json& times, const Json& scope) {
    ReportFile read{.format = std::move(format),
                    .data_digest = text_at(whole, "data_digest"),
                    .parameters = Json::object(),
                    .report = std::nullopt,
                    .contradiction = {}};
    if (!is_digest(read.data_digest)) return Error{"it is a report without a usable 'data_digest'"};
    for (const char* key : {"from", "to"}) {
        const std::string time = text_at(times, key);
        if (!parse_time(time)) return Error{fmt::format("it is a report without a usable '{}'", key)};
        read.parameters[key] = time;
    }
    if (parse_time(text_at(times, "from")).value() >= parse_time(text_at(times, "to")).value())
        return Error{"it is a report whose period ends before it begins"};
    for (const char* key : {"directive", "group"})
        if (const std::string id = text_at(scope, key); !id.empty()) read.parameters[key] = id;
    return read;
}

Result<ReportFile> read_stamp(std::string format, std::string_view text) {
    const Json stamp = Json::parse(text, nullptr, false);
    if (!stamp.is_object()) return Error{"its stamp 'cenote-report' is damaged"};
    if (auto fits = check_version(stamp, kStamp); !fits) return std::move(fits).error();
    return read_parameters(std::move(format), stamp, stamp, stamp);
}

Result<ReportFile> read_json(const Json& report) {
    if (report.contains(kStamp)) return read_parameters("csv", report, report, report);
    if (auto fits = check_version(report, kReport); !fits) return std::move(fits).error();
    auto read = read_parameters("json", report, part_of(report, "period"), part_of(report, "scope"));
    if (!read) return read;
    if (const std::string own = data_digest_of(report); own != read->data_digest)
        read->contradiction = fmt::format("its figures have the digest {}, and it names {}", own, read->data_digest);
    read->report = report;
    return read;
}

std::string without_entities(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, char>, 6> kEntities{
        {{"&quot;", '"'}, {"&#34;", '"'}, {"&#39;", '\''}, {"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}}};
    std::string plain;
    while (!text.empty()) {
        const auto found =
            std::ranges::find_if(kEntities, [text](const auto& each) { return text.starts_with(each.first); });
        plain += found == kEntities.end() ? text.front() : found->second;
        text.remove_prefix(found == kEntities.end() ? 1 : found->first.size());
    }
    return plain;
}

/// The attribute `content` of the meta element with the mark.
std::optional<std::string> html_stamp(std::string_view text) {
    constexpr std::string_view kContent = "content=";
    const auto mark = text.find(kHtmlMark);
    if (mark == std::string_view::npos) return std::nullopt;
    text.remove_prefix(mark);
    const auto content = text.find(kContent);
    if (content == std::string_view::npos || text.size() <= content + kContent.size()) return std::nullopt;
    const char quote = text[content + kContent.size()];
    text.remove_prefix(content + kContent.size() + 1);
    const auto end = text.find(quote);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos) return std::nullopt;
    return without_entities(text.substr(0, end));
}

std::string_view without_line_end(std::string_view line) {
    while (line.ends_with('\n') || line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    return line;
}

/// The last cell of each row of a csv is the digest of the report.
Result<ReportFile> read_csv(std::string_view text, std::string_view beside) {
    if (beside.empty())
        return Error{fmt::format(
            "it is a table of a report, whose period is in the file {} of its folder; it is not there", kStampFile)};
    auto read = read_stamp("csv", beside);
    if (!read) return read;
    for (text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1); !text.empty();) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::string_view row = without_line_end(line);
        if (!row.ends_with(read->data_digest) && is_digest(std::string(row.substr(row.rfind(',') + 1))))
            read->contradiction = fmt::format("a row has the digest {}, and {} names {}",
                                              row.substr(row.rfind(',') + 1), kStampFile, read->data_digest);
    }
    return read;
}

Result<std::string> read_whole(const Path& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    std::ifstream in(path, std::ios::binary);
    if (error || !in) return Error{fmt::format("cannot read {}", path.string())};
    if (size > kSizeMax) return Error{fmt::format("{} is larger than {} MiB", path.string(), kSizeMax >> 20U)};
    return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

std::string data_digest_of(const Json& report) {
    Json data = report;
    data.erase("made");
    data.erase("data_digest");
    // nlohmann sorts keys by bytes, which is the order of RFC 8785 for ASCII, and escapes as it does.
    return to_hex(sha256(bytes_of(data.dump(-1, ' ', false, Json::error_handler_t::replace))));
}

Result<ReportFile> parse_report_file(std::string_view text, std::string_view beside) {
    const std::string_view plain = without_line_end(text);
    if (plain.starts_with('{')) {
        const Json parsed = Json::parse(plain, nullptr, false);
        return parsed.is_object() ? read_json(parsed) : kNoReport;
    }
    if (const auto stamp = html_stamp(text)) return read_stamp("html", *stamp);
    const auto last = plain.rfind('\n');
    const std::string_view line = plain.substr(last == std::string_view::npos ? 0 : last + 1);
    if (line.starts_with(kTextMark)) return read_stamp("text", line.substr(kTextMark.size()));
    if (without_line_end(text.substr(0, text.find('\n'))).ends_with(kCsvColumn)) return read_csv(text, beside);
    return kNoReport;
}

Result<ReportFile> read_report_file(const Path& path) {
    std::error_code none;
    const bool is_folder = std::filesystem::is_directory(path, none);
    const Path stamp = is_folder ? path / kStampFile : path.parent_path() / kStampFile;
    const auto text = read_whole(is_folder ? stamp : path);
    if (!text) return text.error();
    const auto beside = is_folder ? Result<std::string>(std::string()) : read_whole(stamp);
    auto read = parse_report_file(*text, beside ? *beside : std::string());
    if (!read) return Error{fmt::format("{}: {}", path.string(), read.error().text)};
    if (!is_folder) return read;
    for (const auto& entry : std::filesystem::directory_iterator(path, none)) {
        if (entry.path().extension() != ".csv") continue;
        const auto table = read_whole(entry.path());
        const auto of_table = table ? read_csv(*table, *text) : Result<ReportFile>(table.error());
        if (!of_table) return of_table.error();
        if (!of_table->contradiction.empty())
            read->contradiction = fmt::format("{}: {}", entry.path().filename().string(), of_table->contradiction);
    }
    return read;
}

}  // namespace cenote::cli
