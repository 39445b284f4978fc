// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/digest.h"

#include <gtest/gtest.h>

#include <string_view>

namespace cenote {
namespace {

ByteView bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

// The examples of FIPS 180-4 that NIST publishes.
TEST(Sha256, GivesThePublishedDigests) {
    EXPECT_EQ(to_hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(to_hex(sha256(bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
    Sha256 hash;
    hash.update(bytes("a"));
    hash.update({});
    hash.update(bytes("bc"));
    EXPECT_EQ(hash.finish(), sha256(bytes("abc")));
}

}  // namespace
}  // namespace cenote
