// SPDX-License-Identifier: Apache-2.0
//
// Keeps a process alive when a mapped file is truncated or becomes unreadable. The kernel raises SIGBUS at the access;
// the handler maps zeros over the missing part and marks the mapping as lost.
//
// Threads:  any. The handler runs on the thread that made the access.
// Memory:   a fixed table of mappings.
// Failure:  a SIGBUS that belongs to no guarded mapping ends the process as before.
#pragma once

#include "resolver/base/bytes.h"

namespace cenote {

/// Guards a whole read-only mapping until release_mapping(), which must precede munmap(2). False: the table is full.
[[nodiscard]] bool guard_mapping(ByteView mapping) noexcept;
void release_mapping(ByteView mapping) noexcept;

/// Whether a part of this guarded mapping was replaced by zeros.
[[nodiscard]] bool is_mapping_lost(ByteView mapping) noexcept;

/// An eventfd that becomes readable when a mapping is lost; -1: the kernel gave none.
[[nodiscard]] int lost_mappings_fd() noexcept;

}  // namespace cenote
