// SPDX-License-Identifier: Apache-2.0
//
// SipHash-2-4 against vectors of its authors: key 00 01 … 0f, messages of the bytes 00 01 …
#include "resolver/base/siphash.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "resolver/base/digest.h"

namespace cenote {
namespace {

std::string hash_of_first(std::size_t size) {
    SipKey key{};
    for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
    std::vector<std::uint8_t> message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::uint8_t>(i);
    return to_hex(siphash24(key, message));
}

TEST(SipHashTest, MessagesOfItsAuthors) {
    EXPECT_EQ(hash_of_first(0), "310e0edd47db6f72");
    EXPECT_EQ(hash_of_first(1), "fd67dc93c539f874");
    EXPECT_EQ(hash_of_first(7), "37d1018bf50002ab");
    EXPECT_EQ(hash_of_first(8), "6224939a79f5f593");
    EXPECT_EQ(hash_of_first(15), "e545be4961ca29a1");
    EXPECT_EQ(hash_of_first(63), "724506eb4c328a95");
}

}  // namespace
}  // namespace cenote
