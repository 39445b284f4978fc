// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/list_copies.h"

#include <sys/stat.h>

namespace cenote::config {
namespace {

constexpr std::size_t kErrorBytesMax = 4096;

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
        while (copy.error.ends_with('\n')) copy.error.pop_back();
    }
    return copy;
}

}  // namespace cenote::config
