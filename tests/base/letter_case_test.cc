// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/letter_case.h"

#include <gtest/gtest.h>

namespace cenote {
namespace {

TEST(LetterCase, FoldsAsciiLettersOnly) {
    EXPECT_EQ(fold_case(std::string_view("AZaz@[`{09-.")), "azaz@[`{09-.");
    EXPECT_EQ(fold_case(std::string_view("\xc3\x84 \xea\xb0\x80")), "\xc3\x84 \xea\xb0\x80");
}

TEST(LetterCase, ComparesTheWholeText) {
    EXPECT_TRUE(equal_folded("ETag", "etag"));
    EXPECT_TRUE(equal_folded("", ""));
    EXPECT_FALSE(equal_folded("etag", "etags"));
    EXPECT_FALSE(equal_folded("etags", "etag"));
    EXPECT_FALSE(equal_folded("@", "`")) << "they differ in the bit that letters of other case differ in";
}

}  // namespace
}  // namespace cenote
