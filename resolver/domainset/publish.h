// SPDX-License-Identifier: Apache-2.0
//
// Publishing a set, with the one before it kept beside it (open_with_fallback() in domain_set.h turns to that one).
//
// At every instant `path` is the whole old set or the whole new one, whatever is cut off where.
//
// Threads:  control plane; one publisher at a time (the daemon only opens).
// Failure:  Result; a publish that fails leaves `path` and the previous set as they were.
#pragma once

#include "resolver/domainset/domain_set.h"

namespace cenote::domainset {

/// Puts `bytes` at `path` and keeps what was there as previous_path(), if it was a set that can be used.
Status publish_set(const Path& path, ByteView bytes);

/// Exchanges the set and the previous one, so that doing it twice changes nothing.
Status restore_previous(const Path& path);

}  // namespace cenote::domainset
