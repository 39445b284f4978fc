// SPDX-License-Identifier: Apache-2.0
//
// The object file that the build makes of replies.bpf.c.
//
// Threads: constant.   Memory: in the program.   Failure: none.
#pragma once

#include "resolver/base/bytes.h"

namespace cenote::rawudp {

[[nodiscard]] ByteView program_object() noexcept;

}  // namespace cenote::rawudp
