// SPDX-License-Identifier: Apache-2.0
//
// Keeps a process alive when a file that it has mapped is cut short, or cannot be read any more. The kernel raises
// SIGBUS at the access; the handler puts zeros in the place of what is gone, and marks the mapping as lost.
//
// Threads:  any. The handler runs on the thread that read.
// Memory:   a fixed table of mappings.
// Failure:  a SIGBUS that belongs to no guarded mapping ends the process as before.
#pragma once

#include "resolver/base/bytes.h"

namespace cenote {

/// Guards a whole read-only mapping until release_mapping(), which comes before munmap(2). False: the table is full.
[[nodiscard]] bool guard_mapping(ByteView mapping) noexcept;
void release_mapping(ByteView mapping) noexcept;

/// Whether a part of this guarded mapping is zeros by now.
[[nodiscard]] bool is_mapping_lost(ByteView mapping) noexcept;

/// An eventfd that can be read when a mapping was lost; -1 when the kernel had none.
[[nodiscard]] int lost_mappings_fd() noexcept;

}  // namespace cenote
