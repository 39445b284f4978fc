// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "resolver/pages/pages.h"

namespace cenote::pages {
namespace {

TEST(Assets, AreThoseOfTheFolderWithTypeAndTag) {
    const Asset* style = find_asset("/assets/style.css");
    ASSERT_NE(style, nullptr);
    EXPECT_EQ(style->type, "text/css; charset=utf-8");
    EXPECT_EQ(style->etag.front(), '"');
    EXPECT_NE(style->bytes.find("forced-colors"), std::string_view::npos);  // the style of the charts
    ASSERT_NE(find_asset("/assets/icon.svg"), nullptr);
    EXPECT_EQ(find_asset("/assets/"), nullptr);
    EXPECT_EQ(find_asset("/assets/../style.css"), nullptr);
}

}  // namespace
}  // namespace cenote::pages
