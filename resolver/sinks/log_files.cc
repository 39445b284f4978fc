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

constexpr std::string_view kCompressed = ".zst";
constexpr std::size_t kStampSize = 16;  // 20261130T090000Z
constexpr seconds kSlack{60};           // a hit may be written so long after its time, and the clock may be set

/// When a file was closed; of several in one second the number says which was first.
struct Closing {
    WallTime at{};
    std::uint32_t number = 0;

    friend auto operator<=>(const Closing&, const Closing&) noexcept = default;
};

std::optional<WallTime> read_stamp(std::string_view text) {
    const auto at = parse_time(fmt::format("{}-{}-{}:{}:{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 5),
                                           text.substr(11, 2), text.substr(13)));
    return at ? std::optional(*at) : std::nullopt;
}

/// queries-20261130T090000Z-1.jsonl, without ".zst"; nullopt: a closed file has another name.
std::optional<Closing> closing_of(std::string_view name, std::string_view before, std::string_view extension) {
    if (!name.starts_with(before) || !name.ends_with(extension)) return std::nullopt;
    name.remove_prefix(before.size());
    if (name.size() < kStampSize + extension.size()) return std::nullopt;
    name.remove_suffix(extension.size());
    const auto at = read_stamp(name.substr(0, kStampSize));
    if (!at) return std::nullopt;
    Closing closing{*at, 0};
    name.remove_prefix(kStampSize);
    if (name.empty()) return closing;
    const auto read = std::from_chars(name.data() + 1, name.data() + name.size(), closing.number);
    if (name.front() != '-' || read.ec != std::errc() || read.ptr != name.data() + name.size()) return std::nullopt;
    return closing;
}

}  // namespace

std::vector<LogPart> log_files(const Path& file, const LogSpan& span) {
    const std::string before = file.stem().string() + "-";
    const std::string extension = file.extension().string();
    std::map<Closing, Path> closed;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(file.parent_path(), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const bool compressed = name.ends_with(kCompressed);
        const auto closing = closing_of(
            std::string_view(name).substr(0, name.size() - (compressed ? kCompressed.size() : 0)), before, extension);
        if (!closing) continue;
        const auto [known, is_new] = closed.try_emplace(*closing, entry->path());
        if (!is_new && !compressed) known->second = entry->path();
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
