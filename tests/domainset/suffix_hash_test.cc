// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/suffix_hash.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

namespace cenote::domainset {
namespace {

std::uint64_t hash_of(const std::vector<std::uint8_t>& label, std::uint64_t seed) {
    const auto secrets = hash_secrets(seed);
    return hash_label(secrets.root, label.data(), label.size(), secrets.word);
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
    const auto secrets = hash_secrets(1);
    EXPECT_NE(hash_label(secrets.root, label.data(), 4, secrets.word),
              hash_label(hash_of(label, 1), label.data(), 4, secrets.word));
}

TEST(SuffixHash, IsWhatTheFormatSays) {
    // A file written anywhere is read everywhere: these values may never change within a format version.
    EXPECT_EQ(hash_of({3, 'c', 'o', 'm'}, 0), 0xfc363371ee5fcc81);
    EXPECT_EQ(hash_of({7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'}, 42), 0xfb132fd582881ce6);
}

}  // namespace
}  // namespace cenote::domainset
