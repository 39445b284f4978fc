// SPDX-License-Identifier: Apache-2.0
//
// How often this thread has called operator new. Linking this in makes the whole binary count.
#pragma once

#include <cstdint>

namespace cenote::test {

[[nodiscard]] std::uint64_t allocations() noexcept;

}  // namespace cenote::test
