// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/access_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::policy {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kHex = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";            // 128 bits
constexpr std::string_view kBase32 = "mfrggzdfmztwq2lknnwg23tpoa";               // 130 bits
constexpr std::string_view kBase64 = "Zk3-9xQ_t0LwV5yBnR7cHd";                   // 132 bits
constexpr std::string_view kDigits = "314159265358979323846264338327950288419";  // 130 bits

TEST(AccessToken, OneHundredAndTwentyEightBits) {
    for (const auto token : {kHex, kBase32, kBase64, kDigits}) {
        EXPECT_EQ(weakness_of(token), "") << token;
        EXPECT_TRUE(may_be_token(token)) << token;
        EXPECT_THAT(weakness_of(token.substr(1)), HasSubstr("bits")) << token;
        EXPECT_THAT(weakness_of(token.substr(1)), ::testing::Not(HasSubstr(std::string(token.substr(1)))));
    }
    EXPECT_THAT(weakness_of("lab"), HasSubstr("fewer than 128"));
    EXPECT_THAT(weakness_of(std::string(40, 'a')), HasSubstr("not random"));
    EXPECT_THAT(weakness_of("aaaabbbbccccddddaaaabbbbccccddddaaaabbbbcccc"), HasSubstr("not random"));
}

TEST(AccessToken, OnlyWhatAPathHasWithoutEscapes) {
    for (const char* wrong : {"/", "%2F", "+", "=", " ", "é", "?", "\t", "*"}) {
        const std::string token = std::string(kHex) + wrong;
        EXPECT_THAT(weakness_of(token), HasSubstr("a path cannot have")) << wrong;
        EXPECT_FALSE(may_be_token(token)) << wrong;
    }
    EXPECT_TRUE(may_be_token(std::string(kTokenLengthMax, 'a')));
    EXPECT_FALSE(may_be_token(std::string(kTokenLengthMax + 1, 'a')));
    EXPECT_THAT(weakness_of(std::string(kHex) + std::string(kTokenLengthMax, 'a')), HasSubstr("characters"));
    EXPECT_FALSE(may_be_token("lab"));
    EXPECT_FALSE(may_be_token(""));
}

TEST(AccessToken, DigestsDiffer) {
    EXPECT_EQ(digest_of_token(kHex), digest_of_token(kHex));
    EXPECT_NE(digest_of_token(kHex), digest_of_token(kBase32));
}

}  // namespace
}  // namespace cenote::policy
