// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/ascii.h"

#include <gtest/gtest.h>

#include <string>

namespace cenote {
namespace {

/// All characters of a kind, in the order of their numbers.
template <typename Kind>
std::string all_of(Kind kind) {
    std::string found;
    for (int byte = 0; byte < 256; ++byte)
        if (const char c = static_cast<char>(byte); kind(c)) found += c;
    return found;
}

TEST(Ascii, EachKindHasItsCharactersAndNoOther) {
    EXPECT_EQ(all_of(is_digit), "0123456789");
    EXPECT_EQ(all_of(is_lower), "abcdefghijklmnopqrstuvwxyz");
    EXPECT_EQ(all_of(is_upper), "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    EXPECT_EQ(all_of(is_letter), all_of(is_upper) + all_of(is_lower));
    EXPECT_EQ(all_of(is_hexadecimal), "0123456789ABCDEFabcdef");
}

}  // namespace
}  // namespace cenote
