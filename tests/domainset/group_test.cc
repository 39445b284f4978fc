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

using Group = std::array<std::uint8_t, 16>;

TEST(Group, PortableFindsTagsAndAddsLengths) {
    const Group tags{5, 1, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 5};
    EXPECT_EQ(portable::slots_with_tag(tags.data(), 5), 0x4005U) << "the overflow byte is no tag";
    EXPECT_EQ(portable::slots_with_tag(tags.data(), 9), 0U);
    Group lengths;
    lengths.fill(255);
    EXPECT_EQ(portable::sum_of_lengths(lengths.data(), 0), 0U);
    EXPECT_EQ(portable::sum_of_lengths(lengths.data(), 15), 15U * 255U);
}

#ifdef __SSE2__
TEST(Group, Sse2AgreesWithPortable) {
    std::mt19937 random(1);
    for (int round = 0; round < 20000; ++round) {
        Group bytes;
        for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % (round % 2 == 0 ? 4 : 256));
        for (const unsigned tag : {0U, 1U, 3U, 127U, 128U, 255U, static_cast<unsigned>(bytes[3])})
            ASSERT_EQ(sse2::slots_with_tag(bytes.data(), static_cast<std::uint8_t>(tag)),
                      portable::slots_with_tag(bytes.data(), static_cast<std::uint8_t>(tag)));
        for (std::uint32_t count = 0; count < 16; ++count)
            ASSERT_EQ(sse2::sum_of_lengths(bytes.data(), count), portable::sum_of_lengths(bytes.data(), count));
    }
}
#endif

}  // namespace
}  // namespace cenote::domainset
