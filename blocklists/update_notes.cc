// SPDX-License-Identifier: Apache-2.0
//
// The notes of list_store.h about updates: SET.changes and SET.failed.
#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "blocklists/list_store.h"
#include "resolver/base/time_text.h"
#include "resolver/domainset/publish.h"

namespace cenote::blocklists {
namespace {

constexpr std::size_t kChangesMax = 100;
constexpr std::size_t kChangesBytesMax = 1U << 20;
constexpr std::size_t kFailureBytesMax = 8192;
constexpr std::size_t kFailureTextMax = 4096;
constexpr unsigned kFileMode = 0644;

Path changes_path(const Path& set) { return Path(set).concat(".changes"); }
Path failure_path(const Path& set) { return Path(set).concat(".failed"); }

Status write_note(const Path& path, const std::string& text) { return publish_file(path, bytes_of(text), kFileMode); }

/// "2026-03-01T00:00:00Z<tab>kim<tab>update<tab>5b0c…"
std::string to_line(const SetChange& change) {
    return fmt::format("{}\t{}\t{}\t{}\n", format_time(change.at), change.actor, change.action, change.set);
}

}  // namespace

Status note_set_change(const Path& set, const SetChange& change) {
    auto changes = set_changes(set);
    changes.push_back(change);
    if (changes.size() > kChangesMax) changes.erase(changes.begin(), changes.end() - kChangesMax);
    std::string text;
    for (const SetChange& each : changes) text += to_line(each);
    return write_note(changes_path(set), text);
}

std::vector<SetChange> set_changes(const Path& set) {
    std::vector<SetChange> changes;
    const auto content = read_file(changes_path(set), kChangesBytesMax);
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

Status note_update_begins(const Path& set, WallTime at) {
    return note_update_failure(set, {at, "it was cut off before its end"});
}

/// Two lines: the time, and the text.
Status note_update_failure(const Path& set, const UpdateFailure& failure) {
    std::string text = failure.text.substr(0, kFailureTextMax);
    std::replace(text.begin(), text.end(), '\n', ' ');
    return write_note(failure_path(set), fmt::format("{}\n{}\n", format_time(failure.at), text));
}

Status clear_update_failure(const Path& set) {
    std::error_code error;
    std::filesystem::remove(failure_path(set), error);
    if (error) return Error{fmt::format("cannot remove {}: {}", failure_path(set).string(), error.message())};
    return Done{};
}

std::optional<UpdateFailure> update_failure(const Path& set) {
    std::error_code none;
    if (!std::filesystem::exists(failure_path(set), none) || domainset::is_being_published(set)) return std::nullopt;
    const auto content = read_file(failure_path(set), kFailureBytesMax);
    if (!content || domainset::is_being_published(set)) return std::nullopt;  // an update began in between
    std::istringstream lines(*content);
    std::string at;
    UpdateFailure failure;
    std::getline(lines, at);
    std::getline(lines, failure.text);
    const auto time = parse_time(at);
    if (!time) return std::nullopt;
    failure.at = *time;
    return failure;
}

}  // namespace cenote::blocklists
