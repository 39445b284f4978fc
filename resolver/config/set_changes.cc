// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/set_changes.h"

#include <fmt/format.h>

#include <sstream>

#include "resolver/base/time_text.h"

namespace cenote::config {
namespace {

constexpr std::size_t kLinesMax = 100;
constexpr std::size_t kBytesMax = 1U << 20;
constexpr unsigned kMode = 0644;

Path path_beside(const Path& set) { return Path(set).concat(".changes"); }

/// "2026-03-01T00:00:00Z<tab>kim<tab>update<tab>5b0c…"
std::string to_line(const SetChange& change) {
    return fmt::format("{}\t{}\t{}\t{}\n", format_time(change.at), change.actor, change.action, change.set);
}

}  // namespace

Status note_set_change(const Path& set, const SetChange& change) {
    auto changes = set_changes(set);
    changes.push_back(change);
    if (changes.size() > kLinesMax) changes.erase(changes.begin(), changes.end() - kLinesMax);
    std::string text;
    for (const SetChange& each : changes) text += to_line(each);
    return publish_file(path_beside(set), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, kMode);
}

std::vector<SetChange> set_changes(const Path& set) {
    std::vector<SetChange> changes;
    const auto content = read_file(path_beside(set), kBytesMax);
    std::istringstream lines(content ? *content : std::string());
    for (std::string line; std::getline(lines, line);) {
        std::istringstream fields(line);
        std::string at;
        SetChange change;
        for (std::string* field : {&at, &change.actor, &change.action, &change.set}) std::getline(fields, *field, '\t');
        const auto time = parse_time(at);
        if (!time || change.set.empty()) continue;
        change.at = *time;
        changes.push_back(std::move(change));
    }
    return changes;
}

}  // namespace cenote::config
