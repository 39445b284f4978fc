// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "resolver/report/trail.h"
#include "resolver/telemetry/counters.h"
#include "tests/support/places.h"

namespace cenote::pages {
namespace {

std::multiset<std::string> placeholders(std::string_view phrase) {
    std::multiset<std::string> found;
    for (auto at = phrase.find('{'); at != std::string_view::npos; at = phrase.find('{', at + 1))
        found.emplace(phrase.substr(at, phrase.find('}', at) - at + 1));
    return found;
}

bool has_hangul(std::string_view text) {
    // The first byte of a syllable, U+AC00 to U+D7A3, in UTF-8.
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '\xea' && c <= '\xed'; });
}

TEST(PagePhrases, AreWholeInBothLanguages) {
    std::set<std::string_view> keys;
    for (const Phrase& one : all_phrases()) {
        EXPECT_TRUE(keys.insert(one.key).second) << one.key << " is there twice";
        EXPECT_FALSE(one.english.empty()) << one.key;
        EXPECT_FALSE(one.korean.empty()) << one.key;
        EXPECT_EQ(placeholders(one.english), placeholders(one.korean)) << one.key;
        EXPECT_FALSE(has_hangul(one.english)) << one.key;
    }
}

TEST(PagePhrases, InKoreanHaveNoParticleThatDependsOnAValue) {
    static const std::regex kParticle("\\}(을|를|가|은|는|과|와)[ ,.]");
    for (const Phrase& one : all_phrases())
        EXPECT_FALSE(std::regex_search(std::string(one.korean), kParticle)) << one.key << ": " << one.korean;
}

TEST(PagePhrases, ThatTheCodeNamesAreThere) {
    static const std::regex kSay("say\\((?:[a-z_.]*language, )?\"([a-z_.0-9]+)\"");
    std::size_t seen = 0;
    for (const auto& file : std::filesystem::directory_iterator(testing_support::source_folder() / "resolver/pages")) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path());
        const std::string code((std::istreambuf_iterator<char>(in)), {});
        for (std::sregex_iterator at(code.begin(), code.end(), kSay), end; at != end; ++at, ++seen)
            EXPECT_TRUE(look_up((*at)[1].str(), Language::English)) << (*at)[1] << " in " << file.path();
    }
    EXPECT_GT(seen, 50U);
}

TEST(PagePhrases, OfCountersOfDropsAreThere) {
    using telemetry::Family;
    static constexpr std::array kDrops{Family::Rejected, Family::Closed, Family::QuicClosed, Family::OtherProtocols,
                                       Family::ProxyHeaders};
    for (std::size_t i = 0; i < telemetry::kCounterCount; ++i) {
        const auto& text = telemetry::text_of(static_cast<telemetry::Counter>(i));
        const auto has = [](const std::string& key) { return look_up(key, Language::Korean).has_value(); };
        if (std::ranges::find(kDrops, text.family) != kDrops.end()) {
            EXPECT_TRUE(has("drop_label." + std::string(text.value))) << text.value;
        }
        if (text.family == Family::Queries) {
            EXPECT_TRUE(has("transport." + std::string(text.value))) << text.value;
        }
        if (text.family == Family::Answers) {
            EXPECT_TRUE(has("source." + std::string(text.value))) << text.value;
        }
        if (text.family == Family::Verdicts) {
            EXPECT_TRUE(has("verdict." + std::string(text.value))) << text.value;
        }
    }
    for (const char* sink : {"file", "syslog", "dnstap", "stderr"})
        EXPECT_TRUE(look_up("drop_label." + std::string(sink), Language::Korean)) << sink;
}

TEST(PagePhrases, OfActionsOfTheTrailAreThere) {
    static const std::regex kAction("record_of\\([a-z]+, request,\\s*\"([a-z -]+)\"");
    std::set<std::string> actions;
    for (const auto& file : std::filesystem::directory_iterator(testing_support::source_folder() / "resolver/daemon")) {
        if (!file.is_regular_file()) continue;
        std::ifstream in(file.path());
        const std::string code((std::istreambuf_iterator<char>(in)), {});
        for (std::sregex_iterator at(code.begin(), code.end(), kAction), end; at != end; ++at)
            actions.insert((*at)[1].str());
    }
    EXPECT_GT(actions.size(), 5U);
    for (const Phrase& phrase : report::trail_phrases())
        if (phrase.key.starts_with("edge.")) actions.emplace(phrase.key.substr(5));
    for (const std::string& action : actions)
        EXPECT_TRUE(look_up("audit_action." + action, Language::Korean)) << action;
}

TEST(PagePhrases, OfTheReportAreFoundToo) {
    EXPECT_EQ(say(Language::Korean, "verdict.block"), "차단");
    EXPECT_EQ(say(Language::English, "change", {{"change", "+5.0%"}, {"before", "20"}}), "+5.0% (20 before)");
    EXPECT_EQ(say(Language::English, "no.such.key"), "no.such.key");
}

}  // namespace
}  // namespace cenote::pages
