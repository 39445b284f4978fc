// SPDX-License-Identifier: Apache-2.0
//
// What programs for the kernel may do in tests: what the unit gives the daemon, and no more.
#pragma once

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

namespace cenote::test {

/// More, as root has it, would let the kernel take programs that the daemon could not load.
inline void keep_capabilities_of_the_unit() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> sets{};
    if (::syscall(SYS_capget, &header, sets.data()) != 0) return;
    std::array<std::uint32_t, 2> kept{};
    for (const unsigned capability : std::array<unsigned, 3>{CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW})
        kept[capability / 32] |= 1U << capability % 32;
    for (std::size_t i = 0; i < sets.size(); ++i) sets[i].effective &= kept[i];
    ASSERT_EQ(::syscall(SYS_capset, &header, sets.data()), 0);
}

}  // namespace cenote::test
