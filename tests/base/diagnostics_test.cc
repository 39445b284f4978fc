// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/diagnostics.h"

#include <gtest/gtest.h>

namespace cenote {
namespace {

TEST(Diagnostics, ALineHasThePlaceAndTheSeverity) {
    Diagnostics diagnostics;
    diagnostics.warning({"cenote.toml", 3, 1}, "old");
    diagnostics.note({"cenote.toml", 0, 0}, "so");
    EXPECT_FALSE(diagnostics.has_errors());
    diagnostics.error({"cenote.toml", 12, 9}, "wrong; do it right");
    diagnostics.error({}, "placeless");
    EXPECT_TRUE(diagnostics.has_errors());
    ASSERT_EQ(diagnostics.all().size(), 4U);
    EXPECT_EQ(diagnostics.all()[0].to_string(), "cenote.toml:3:1: warning: old");
    EXPECT_EQ(diagnostics.all()[1].to_string(), "cenote.toml: note: so");
    EXPECT_EQ(diagnostics.all()[2].to_string(), "cenote.toml:12:9: wrong; do it right");
    EXPECT_EQ(diagnostics.all()[3].to_string(), "placeless");
}

TEST(Nearest, FindsTheMisspelt) {
    const std::vector<std::string> known{"upstream", "sinkhole", "port", "ttl", "id", "directive"};
    EXPECT_EQ(nearest("upstrem", known), "upstream");
    EXPECT_EQ(nearest("upstraem", known), "upstream");
    EXPECT_EQ(nearest("prot", known), "port");
    EXPECT_EQ(nearest("tt", known), "ttl");
    EXPECT_EQ(nearest("directives", known), "directive");
    EXPECT_EQ(nearest("sinkhole", known), "sinkhole");
}

TEST(Nearest, CaseDoesNotMatterAndAPartIsEnough) {
    EXPECT_EQ(nearest("ChatGPT", {"chatgpt"}), "chatgpt");
    EXPECT_EQ(nearest("deepseek", {"Hangzhou DeepSeek", "DeepSeek of Hangzhou"}), "Hangzhou DeepSeek");
    EXPECT_EQ(nearest("ai", {"Moonshot AI"}), "") << "too short to mean anything";
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
    EXPECT_EQ(nearest("cache", {"upstream", "port", "id"}), "");
    EXPECT_EQ(nearest("xx", {"id"}), "");
    EXPECT_EQ(nearest("", {"id"}), "");
    EXPECT_EQ(nearest("id", {}), "");
    EXPECT_EQ(nearest(std::string(100'000, 'x'), {"id"}), "");
}

TEST(Nearest, TakesTheNearerOfTwoAndTheFirstOfEqual) {
    EXPECT_EQ(nearest("deepsek", {"deepl-ek", "deepseek"}), "deepseek");
    EXPECT_EQ(nearest("cat", {"car", "can"}), "car");
}

}  // namespace
}  // namespace cenote
