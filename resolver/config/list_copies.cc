// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/list_copies.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <sstream>

namespace cenote::config {
namespace {

constexpr std::size_t kErrorBytesMax = 4096;
constexpr std::string_view kSignedEnding = ".signed";
constexpr unsigned kFileMode = 0644;

Path beside_set(const Settings& settings, std::string_view id, std::string_view ending) {
    return settings.set.parent_path() / "lists" / Path(id).concat(ending);
}

}  // namespace

Path list_copy_path(const Settings& settings, std::string_view id) { return beside_set(settings, id, ".list"); }

Path list_error_path(const Settings& settings, std::string_view id) { return beside_set(settings, id, ".error"); }

Path catalogue_names_path(const Settings& settings) { return beside_set(settings, "catalogue", ".names"); }

Path zone_path(const Settings& settings, std::string_view id) { return beside_set(settings, id, ".zone"); }

Path zone_expired_path(const Settings& settings, std::string_view id) { return beside_set(settings, id, ".expired"); }

ListCopy list_copy(const Settings& settings, std::string_view id) {
    ListCopy copy;
    struct stat info {};
    if (::stat(list_copy_path(settings, id).c_str(), &info) == 0)
        copy.last_good = WallTime(seconds(info.st_mtim.tv_sec));
    if (auto error = read_file(list_error_path(settings, id), kErrorBytesMax)) {
        copy.error = std::move(*error);
        if (::stat(list_error_path(settings, id).c_str(), &info) == 0)
            copy.failed_at = WallTime(seconds(info.st_mtim.tv_sec));
        while (copy.error.ends_with('\n')) copy.error.pop_back();
    }
    return copy;
}

std::int64_t signed_since(const Settings& settings, const ListSettings& list) {
    const auto text = read_file(beside_set(settings, list.id, kSignedEnding), kErrorBytesMax);
    std::istringstream words(text ? *text : std::string());
    std::string key;
    std::int64_t time = 0;
    return words >> key >> time && key == list.key ? time : 0;
}

Status note_signed(const Settings& settings, std::string_view id, std::int64_t time) {
    const auto list = std::find_if(settings.lists.begin(), settings.lists.end(),
                                   [id](const ListSettings& each) { return each.id == id; });
    if (list == settings.lists.end() || list->key.empty()) return Done{};
    const std::string text = fmt::format("{} {}\n", list->key, time);
    return publish_file(beside_set(settings, id, kSignedEnding),
                        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, kFileMode);
}

Status confirm_copy(const Settings& settings, std::string_view id) {
    const Path copy = list_copy_path(settings, id);
    if (::utimensat(AT_FDCWD, copy.c_str(), nullptr, 0) == 0) return Done{};
    const auto text = MappedFile::open(copy);
    return text ? publish_file(copy, text->bytes(), kFileMode) : Status(text.error());
}

}  // namespace cenote::config
