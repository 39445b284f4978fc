// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>

#include "resolver/base/time_text.h"

namespace cenote::sinks {
namespace {

constexpr std::size_t kStampSize = 16;  // 20261130T090000Z
constexpr seconds kSlack{60};           // a hit may be written so long after its time, and the clock may be set

std::optional<WallTime> read_stamp(std::string_view text) {
    const auto at = parse_time(fmt::format("{}-{}-{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 5),
                                           text.substr(11, 2), text.substr(13)));
    return at ? std::optional(*at) : std::nullopt;
}

}  // namespace

std::optional<ClosedName> parse_closed_name(const Path& log, std::string_view name) {
    const std::string before = log.stem().string() + "-";
    const std::string extension = log.extension().string();
    if (name.ends_with(kCompressedLog)) name.remove_suffix(kCompressedLog.size());
    if (!name.starts_with(before) || !name.ends_with(extension)) return std::nullopt;
    name.remove_prefix(before.size());
    if (name.size() < kStampSize + extension.size()) return std::nullopt;
    name.remove_suffix(extension.size());
    const auto at = read_stamp(name.substr(0, kStampSize));
    if (!at) return std::nullopt;
    ClosedName closed{*at, 0};
    name.remove_prefix(kStampSize);
    if (name.empty()) return closed;
    const auto read = std::from_chars(name.data() + 1, name.data() + name.size(), closed.number);
    if (name.front() != '-' || read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
    return closed;
}

std::vector<LogPart> log_files(const Path& file, const LogSpan& span) {
    std::map<ClosedName, Path> closed;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(file.parent_path(), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const auto closing = parse_closed_name(file, name);
        if (!closing) continue;
        const auto [known, is_new] = closed.try_emplace(*closing, entry->path());
        if (!is_new && !name.ends_with(kCompressedLog)) known->second = entry->path();
    }
    std::vector<LogPart> parts;
    std::optional<WallTime> begins;  // the end of the file before
    const auto begins_in_time = [&] { return !begins || !span.to || *begins - kSlack < *span.to; };
    for (const auto& [closing, path] : closed) {
        if (begins_in_time() && (!span.from || closing.at + kSlack >= *span.from)) parts.push_back({path, true});
        begins = closing.at;
    }
    if (begins_in_time() && std::filesystem::exists(file, error)) parts.push_back({file, false});
    return parts;
}

}  // namespace cenote::sinks
