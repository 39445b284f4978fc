// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/suffix_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace cenote::domainset {
namespace {

std::uint64_t hash_behind(std::uint64_t parent, std::vector<std::uint8_t> label, std::uint64_t seed,
                          std::uint8_t what_follows) {
    const auto size = label.size();
    label.insert(label.end(), kHashReadsBehind, what_follows);
    return hash_label(parent, label.data(), size, hash_secrets(seed).word);
}

std::uint64_t hash_of(const std::vector<std::uint8_t>& label, std::uint64_t seed) {
    return hash_behind(hash_secrets(seed).root, label, seed, 0);
}

TEST(SuffixHash, EveryByteOfEveryLengthCounts) {
    std::set<std::uint64_t> seen;
    std::size_t expected = 0;
    for (std::size_t size = 1; size <= 63; ++size) {
        std::vector<std::uint8_t> label(size + 1, 'a');
        label[0] = static_cast<std::uint8_t>(size);
        seen.insert(hash_of(label, 1));
        ++expected;
        for (std::size_t at = 1; at <= size; ++at)
            for (const int change : {0x01, 0x80}) {
                auto other = label;
                other[at] = static_cast<std::uint8_t>(other[at] ^ change);
                seen.insert(hash_of(other, 1));
                ++expected;
            }
    }
    EXPECT_EQ(seen.size(), expected);
}

TEST(SuffixHash, SeedAndParentCount) {
    const std::vector<std::uint8_t> label{3, 'c', 'o', 'm'};
    EXPECT_NE(hash_of(label, 1), hash_of(label, 2));
    EXPECT_NE(hash_of(label, 0), hash_of(label, ~std::uint64_t{0}));
    EXPECT_NE(hash_of(label, 1), hash_behind(hash_of(label, 1), label, 1, 0));
}

TEST(SuffixHash, WhatFollowsDoesNotCount) {
    for (std::uint8_t size = 2; size <= 64; ++size) {
        std::vector<std::uint8_t> label(size, 'a');
        label[0] = static_cast<std::uint8_t>(size - 1);
        EXPECT_EQ(hash_behind(7, label, 1, 0x00), hash_behind(7, label, 1, 0xff));
    }
}

TEST(SuffixHash, IsWhatTheFormatSays) {
    // A file written anywhere is read everywhere: these values may never change within a format version.
    EXPECT_EQ(hash_of({3, 'c', 'o', 'm'}, 0), 0xefef742fd61044f6);
    EXPECT_EQ(hash_of({7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'}, 42), 0xa034a5bb2a448f47);
}

}  // namespace
}  // namespace cenote::domainset
