// SPDX-License-Identifier: Apache-2.0
//
// Publishing a set. The previous set is kept in a second file, which open_with_fallback() (domain_set.h) uses when
// needed.
//
// At every instant `path` is the complete old set or the complete new one, even after a power failure. The name of a
// delta contains the checksum of its set, so that a set never gets the delta of another, and a restored set finds its
// own.
//
// Threads:  control plane; one publisher at a time (the daemon only opens).
// Memory:   the set that is published, mapped once for its check.
// Failure:  an Error; a publish that fails leaves `path` and the previous set unchanged.
#pragma once

#include "resolver/base/clock.h"
#include "resolver/domainset/domain_set.h"

namespace cenote::domainset {

/// Locks a set for one publisher; the lock ends with the process. Waits at most `patience` for another publisher.
Result<UniqueFd> lock_for_publishing(const Path& path, milliseconds patience = milliseconds{0});

/// Whether any process holds the lock.
[[nodiscard]] bool is_being_published(const Path& path);

/// Writes `bytes` to `path` and keeps the file that was there as previous_path(), if it is a valid set.
Status publish_set(const Path& path, ByteView bytes);

/// Writes the bytes of a DeltaWriter as the delta of the set at `path`, if they are its delta. `known` has that set
/// open.
Status publish_delta(const Path& path, ByteView bytes, const DomainSet& known);

/// Exchanges the set and the previous set; doing it twice changes nothing.
Status restore_previous(const Path& path);

}  // namespace cenote::domainset
