// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tools/cenote/listings.h"

namespace cenote::cli {
namespace {

const Json kServices =
    Json::array({{{"id", "openai"}, {"aliases", {"chatgpt"}}, {"name", "ChatGPT"}, {"vendor", "OpenAI"}},
                 {{"id", "deepseek"}, {"name", "DeepSeek"}, {"vendor", "Hangzhou DeepSeek"}},
                 {{"id", "kimi"}, {"name", "Kimi"}, {"vendor", "Moonshot AI"}},
                 {{"id", "moonshot-api"}, {"name", "Moonshot API"}, {"vendor", "Moonshot AI"}},
                 {{"id", "twin-one"}, {"name", "Twin"}},
                 {{"id", "twin-two"}, {"name", "Twin"}}});

std::string id_of(const std::string& text) { return find_row(kServices, text, "service")->at("id"); }
std::string error_of(const std::string& text) { return find_row(kServices, text, "service").error().text; }

TEST(FindRow, TakesIdsAliasesAndNamesWithoutRegardToCase) {
    EXPECT_EQ(id_of("deepseek"), "deepseek");
    EXPECT_EQ(id_of("chatgpt"), "openai");
    EXPECT_EQ(id_of("ChatGPT"), "openai");
    EXPECT_EQ(id_of("DeepSeek"), "deepseek");
    EXPECT_EQ(id_of("moonshot api"), "moonshot-api");
}

TEST(FindRow, NamesWhatIsNear) {
    EXPECT_EQ(error_of("chatgtp"), "there is no service 'chatgtp'; did you mean 'chatgpt'?");
    EXPECT_EQ(error_of("Depseek"), "there is no service 'Depseek'; did you mean 'deepseek'?");
    EXPECT_EQ(error_of("hangzhou"), "there is no service 'hangzhou'; did you mean 'deepseek'?");
    EXPECT_EQ(error_of("zzz"), "there is no service 'zzz'");
    EXPECT_EQ(
        error_of("Moonshot AI"),
        "there is no service 'Moonshot AI'; it is a vendor: write vendor:Moonshot AI, or one of its services: 'kimi', "
        "'moonshot-api'");
    EXPECT_EQ(error_of("twin"), "several services are named 'twin'; name one: 'twin-one', 'twin-two'");
}

TEST(NoSuchWord, NamesTheNearOnesOrAll) {
    EXPECT_EQ(no_such_word("category", "cht", {"chat", "coding", "chat"}).text,
              "there is no category 'cht'; did you mean 'chat'? there are chat, coding");
    EXPECT_EQ(
        no_such_word("vendor", "labs", {"Alpha Labs", "Beta Labs", "Gamma"}).text,
        "there is no vendor 'labs'; did you mean 'Alpha Labs', 'Beta Labs'? there are Alpha Labs, Beta Labs, Gamma");
    EXPECT_EQ(no_such_word("jurisdiction", "China", {"US", "CN", "KR"}).text,
              "there is no jurisdiction 'China'; there are CN, KR, US");
    EXPECT_EQ(no_such_word("category", "x", {}).text, "there is no category 'x'");
}

}  // namespace
}  // namespace cenote::cli
