// SPDX-License-Identifier: Apache-2.0
//
// The last good copy of each list, kept beside the set: what serves when its source fails, and since when.
//
// `lists/ID.list` beside the set is the text that was last taken, its time the time it was taken; `lists/ID.error` says
// what was wrong with the source the last time, and is gone when nothing was. `lists/catalogue.names` are the names of
// the catalogue that was last taken.
//
// Threads:  pure. `cenote update` and the process that keeps zones write, one at a time; anybody reads.
// Failure:  a copy that cannot be read counts as none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/config/config.h"

namespace cenote::config {

struct ListCopy {
    std::optional<WallTime> last_good;  // none yet
    std::string error;                  // of the last update; empty: none
    WallTime failed_at{};               // the time of that update, where there is an error
};

Path list_copy_path(const Settings& settings, std::string_view id);
Path list_error_path(const Settings& settings, std::string_view id);
Path catalogue_names_path(const Settings& settings);
/// Of a list that is kept by zone transfer: the zone as it was transferred last; and a mark that it has expired.
Path zone_path(const Settings& settings, std::string_view id);
Path zone_expired_path(const Settings& settings, std::string_view id);
ListCopy list_copy(const Settings& settings, std::string_view id);
/// When the last good copy of a list was signed with its present key, in seconds of Unix; 0: unknown.
std::int64_t signed_since(const Settings& settings, const ListSettings& list);
Status note_signed(const Settings& settings, std::string_view id, std::int64_t time);
/// The source still has what the copy holds: the copy counts as taken now. A file of another user is written anew.
Status confirm_copy(const Settings& settings, std::string_view id);

}  // namespace cenote::config
