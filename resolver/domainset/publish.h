// SPDX-License-Identifier: Apache-2.0
//
// Publishing a set, with the one before it kept beside it (open_with_fallback() in domain_set.h turns to that one).
//
// At every instant `path` is the whole old set or the whole new one, whatever is cut off where. The delta of a set has
// its checksum in their name: those of another set are never taken for its own, and a set that is restored has its own.
//
// Threads:  control plane; one publisher at a time (the daemon only opens).
// Failure:  Result; a publish that fails leaves `path` and the previous set as they were.
#pragma once

#include "resolver/base/clock.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::domainset {

/// One publisher at a time for one set; the lock goes with the process. Another one is waited for so long.
Result<UniqueFd> lock_for_publishing(const Path& path, milliseconds patience = milliseconds{0});

/// Whether the lock is held, by any process.
[[nodiscard]] bool is_being_published(const Path& path);

/// Puts `bytes` at `path` and keeps what was there as previous_path(), if it was a set that can be used.
Status publish_set(const Path& path, ByteView bytes);

/// Puts the bytes of a DeltaWriter beside the set at `path`, if they are its delta. `known` spares reading it.
Status publish_delta(const Path& path, ByteView bytes, const DomainSet& known);

/// Exchanges the set and the previous one, so that doing it twice changes nothing.
Status restore_previous(const Path& path);

}  // namespace cenote::domainset
