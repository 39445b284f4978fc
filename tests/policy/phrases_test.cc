// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::policy {
namespace {

using ::testing::HasSubstr;

Phrases own(std::string language, std::string name) {
    Phrases phrases = phrases_for({}, "en");
    phrases.language = std::move(language);
    phrases.name = std::move(name);
    return phrases;
}

TEST(Phrases, TheNearestLanguageIsUsed) {
    EXPECT_EQ(phrases_for({}, "ko-KR").language, "ko");
    EXPECT_EQ(phrases_for({}, "").language, "en");
    EXPECT_EQ(phrases_for({}, "fr").language, "en");
    const std::vector<Phrases> added{own("fr", "Ce nom"), own("ko", "이름"), own("pt-BR", "Este nome"),
                                     own("en", "The name")};
    EXPECT_EQ(phrases_for(added, "fr-CA").name, "Ce nom");
    EXPECT_EQ(phrases_for(added, "ko").name, "이름") << "own ones come before those that are built in";
    EXPECT_EQ(phrases_for(added, "pt-BR").name, "Este nome");
    EXPECT_EQ(phrases_for(added, "pt").name, "The name") << "Brazilian is not Portuguese in general";
}

TEST(Phrases, ThoseThatAreBuiltInPassTheirOwnCheck) {
    for (const char* language : {"en", "ko"})
        for (const PhraseKey& key : phrase_keys()) {
            const auto checked = check_phrase(key, phrases_for({}, language).*key.phrase);
            EXPECT_TRUE(checked.ok()) << language << " " << checked.error().text;
        }
}

std::string refusal(std::string_view key, std::string_view text) {
    const auto& keys = phrase_keys();
    const auto found = std::ranges::find(keys, key, &PhraseKey::key);
    const auto checked = check_phrase(*found, text);
    return checked ? "" : checked.error().text;
}

TEST(Phrases, EachHasItsPlaceholdersOnce) {
    EXPECT_EQ(refusal("ask", "; fragen: {contact}"), "");
    EXPECT_THAT(refusal("ask", "; fragen"), HasSubstr("must have {contact} once"));
    EXPECT_THAT(refusal("ask", "{contact} {contact}"), HasSubstr("must have {contact} once"));
    EXPECT_THAT(refusal("ask", "{contact} {until}"), HasSubstr("its placeholders are {contact}"));
    EXPECT_THAT(refusal("name", "{subject}"), HasSubstr("remove it"));
    EXPECT_THAT(refusal("ask", ""), HasSubstr("is empty"));
    EXPECT_THAT(refusal("ask", "{contact}" + std::string(100, 'x')), HasSubstr("109 bytes"));
}

TEST(Phrases, PlaceholdersAreFilledInAnyOrder) {
    EXPECT_EQ(fill("{b} and {a}", {{"a", "1"}, {"b", "2"}}), "2 and 1");
    EXPECT_EQ(fill("none", {{"a", "1"}}), "none");
    EXPECT_EQ(fill("{a}", {{"a", "{b}"}, {"b", "2"}}), "{b}") << "values are not looked into";
    EXPECT_EQ(fill("{a}{b}", {{"a", "1"}}), "1");
    EXPECT_EQ(fill("open { end", {{"a", "1"}}), "open ");
}

}  // namespace
}  // namespace cenote::policy
