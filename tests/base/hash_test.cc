// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace cenote {
namespace {

TEST(Hash64, DependsOnEveryByteTheLengthAndTheSeed) {
    std::array<std::uint8_t, 300> bytes{};
    std::set<std::uint64_t> seen;
    for (std::size_t length = 0; length <= bytes.size(); ++length)
        EXPECT_TRUE(seen.insert(hash64(ByteView(bytes).first(length), 1)).second) << length;
    for (auto& byte : bytes) {
        byte = 1;
        EXPECT_TRUE(seen.insert(hash64(bytes, 1)).second);
        byte = 0;
    }
    EXPECT_TRUE(seen.insert(hash64(bytes, 2)).second);
    EXPECT_EQ(hash64(bytes, 2), hash64(bytes, 2));
}

// The domainset's file depends on it: a change of this number is a change of the format.
TEST(Hash64, IsXxh3) { EXPECT_EQ(hash64({}, 0), 0x2d06800538d394c2U); }

}  // namespace
}  // namespace cenote
