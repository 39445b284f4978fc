// SPDX-License-Identifier: Apache-2.0
//
// The variants for machines with SSE2 and for all others agree.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "resolver/domainset/group_portable.h"
#ifdef __SSE2__
#include "resolver/domainset/group_sse2.h"
#endif

namespace cenote::domainset {
namespace {

using Group = std::array<std::uint8_t, format::kGroupBytes>;

TEST(Group, PortableFindsSlotsAndAddsLengths) {
    Group group{};
    for (const std::size_t slot : {0U, 2U, 27U}) {
        group[slot] = 5;
        group[format::kLengthsAt + slot] = 9;
    }
    group[3] = 5;
    group[format::kLengthsAt + 3] = 8;
    group[format::kOverflowAt] = 5;
    group[format::kBaseAt] = 9;
    EXPECT_EQ(portable::slots_with(group.data(), 5, 9), 0x8000005U) << "neither overflow byte nor base are slots";
    EXPECT_EQ(portable::slots_with(group.data(), 6, 9), 0U);
    group.fill(255);
    EXPECT_EQ(portable::sum_of_lengths(group.data(), 0), 0U);
    EXPECT_EQ(portable::sum_of_lengths(group.data(), 27), 27U * 255U);
}

#ifdef __SSE2__
TEST(Group, Sse2AgreesWithPortable) {
    std::mt19937 random(1);
    for (int round = 0; round < 5000; ++round) {
        Group group;
        for (auto& byte : group) byte = static_cast<std::uint8_t>(random() % (round % 2 == 0 ? 3 : 256));
        for (const unsigned tag : {0U, 1U, 128U, 255U, static_cast<unsigned>(group[17])})
            for (const unsigned length : {0U, 2U, 255U, static_cast<unsigned>(group[format::kLengthsAt + 17])})
                ASSERT_EQ(
                    sse2::slots_with(group.data(), static_cast<std::uint8_t>(tag), static_cast<std::uint8_t>(length)),
                    portable::slots_with(group.data(), static_cast<std::uint8_t>(tag),
                                         static_cast<std::uint8_t>(length)));
        for (std::uint32_t slots = 0; slots < format::kSlots; ++slots)
            ASSERT_EQ(sse2::sum_of_lengths(group.data(), slots), portable::sum_of_lengths(group.data(), slots));
    }
}
#endif

}  // namespace
}  // namespace cenote::domainset
