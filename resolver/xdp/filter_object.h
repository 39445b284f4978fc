// SPDX-License-Identifier: Apache-2.0
//
// The object file that the build makes of filter.bpf.c.
//
// Threads: constant.   Memory: in the program.   Failure: none.
#pragma once

#include "resolver/base/bytes.h"

namespace cenote::xdp {

[[nodiscard]] ByteView filter_object() noexcept;

}  // namespace cenote::xdp
