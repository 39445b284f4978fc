// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/update_failure.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "resolver/base/time_text.h"
#include "resolver/domainset/publish.h"

namespace cenote::config {
namespace {

constexpr std::size_t kBytesMax = 8192;
constexpr std::size_t kTextMax = 4096;
constexpr unsigned kMode = 0644;

Path path_beside(const Path& set) { return Path(set).concat(".failed"); }

}  // namespace

Status note_update_begins(const Path& set, WallTime at) {
    return note_update_failure(set, {at, "it was cut off before its end"});
}

/// Two lines: the time, and the text.
Status note_update_failure(const Path& set, const UpdateFailure& failure) {
    std::string text = failure.text.substr(0, kTextMax);
    std::replace(text.begin(), text.end(), '\n', ' ');
    text = fmt::format("{}\n{}\n", format_time(failure.at), text);
    return publish_file(path_beside(set), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, kMode);
}

Status clear_update_failure(const Path& set) {
    std::error_code error;
    std::filesystem::remove(path_beside(set), error);
    if (error) return Error{fmt::format("cannot remove {}: {}", path_beside(set).string(), error.message())};
    return Done{};
}

std::optional<UpdateFailure> update_failure(const Path& set) {
    std::error_code none;
    if (!std::filesystem::exists(path_beside(set), none) || domainset::is_being_published(set)) return std::nullopt;
    const auto content = read_file(path_beside(set), kBytesMax);
    if (!content || domainset::is_being_published(set)) return std::nullopt;  // one has begun in between
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

}  // namespace cenote::config
