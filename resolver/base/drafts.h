// SPDX-License-Identifier: Apache-2.0
//
// The temporary files of publish_file(): their names, and the removal of those that a killed process has left.
//
// Threads:  values; not shared.
// Memory:   a name at a time.
// Failure:  none: what cannot be removed stays.
#pragma once

#include <functional>
#include <string_view>

#include "resolver/base/fd.h"

namespace cenote {

/// ".NAME.0123456789abcdef" beside `target`, whose name is NAME; another one with each call.
[[nodiscard]] Path draft_path(const Path& target);

/// Removes the temporary files in `folder` for each NAME that `is_left` says is not being written now: regular files of
/// this user alone, with a name as draft_path() gives it.
void remove_drafts(const Path& folder, const std::function<bool(std::string_view)>& is_left);

}  // namespace cenote
