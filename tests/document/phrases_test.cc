// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "resolver/document/plans.h"
#include "tests/support/places.h"

namespace cenote::document {
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

TEST(Phrases, AreWholeInBothLanguages) {
    std::set<std::string_view> keys;
    for (const Phrase& one : all_phrases()) {
        EXPECT_TRUE(keys.insert(one.key).second) << one.key << " is there twice";
        EXPECT_FALSE(one.english.empty()) << one.key;
        EXPECT_FALSE(one.korean.empty()) << one.key;
        EXPECT_EQ(placeholders(one.english), placeholders(one.korean)) << one.key;
        EXPECT_FALSE(has_hangul(one.english)) << one.key;
    }
}

TEST(Phrases, InKoreanAreKorean) {
    static const std::set<std::string_view> kSame{"estimate", "column.ede", "role.api", "category.api"};
    for (const Phrase& one : all_phrases())
        if (!kSame.contains(one.key)) {
            EXPECT_TRUE(has_hangul(one.korean)) << one.key << ": " << one.korean;
        }
}

TEST(Phrases, InKoreanHaveNoParticleThatDependsOnAValue) {
    // 을/를, 이/가, 은/는, 과/와 and 으로/로 depend on the last sound of the word before them, which is a value here.
    static const std::regex kParticle("\\}(을|를|가|은|는|과|와)[ ,.]");
    for (const Phrase& one : all_phrases())
        EXPECT_FALSE(std::regex_search(std::string(one.korean), kParticle)) << one.key << ": " << one.korean;
}

TEST(Phrases, OfTheContractAreThere) {
    const auto all_of = [](std::string_view prefix, std::initializer_list<std::string_view> values) {
        for (const std::string_view value : values)
            for (const Language language : {Language::English, Language::Korean})
                EXPECT_TRUE(find_phrase(std::string(prefix) + "." + std::string(value), language))
                    << prefix << " " << value;
    };
    all_of("summary", {"use_fell", "use_rose", "use_steady", "total", "limited", "exceptions", "proof", "no_proof",
                       "gaps", "no_data", "bypass", "light"});
    for (const char* prefix : {"finding", "finding_name"})
        all_of(prefix, {"new_service", "unlimited_in_use", "exception_unratified", "exception_never_used",
                        "bypass_signals", "directive_without_effect", "stale_row", "gap_row", "no_proof",
                        "proof_deviates", "gaps", "review_due"});
    all_of("light", {"green", "amber", "red"});
    all_of("light_rule",
           {"no_data", "proof_deviates", "gaps", "exception_unratified", "no_proof", "bypass_signals", "none"});
    all_of("status", {"limited", "observed", "advised", "exception_only", "open", "unlisted"});
    all_of("verdict", {"observe", "advise", "restrict", "block", "allow", "exception"});
    all_of("step", {"none", "observe", "advise", "restrict", "block"});
    all_of("state", {"planned", "in_force", "lapsed"});
    all_of("layer", {"site", "agency", "ministry", "nation"});
    all_of("exception_state", {"asked", "granted", "denied", "revoked", "ended", "unconfirmed"});
    all_of("why_not", {"no_limit", "began_before_period", "not_counted_before", "too_short", "gaps", "nothing_before",
                       "few_clients"});
    all_of("signal", {"canary", "designated", "resolver", "vpn", "turning", "silence"});
    all_of("signal_text", {"canary", "designated", "resolver", "vpn", "turning", "silence"});
    all_of("severity", {"high", "middle", "low"});
    all_of("why", {"stopped", "killed", "clock", "unwritten"});
    all_of("role", {"web", "app", "api", "sdk", "cdn", "login", "telemetry"});
}

TEST(Phrases, OfEveryTableAndColumnAreThere) {
    for (const TablePlan& plan : table_plans()) {
        EXPECT_TRUE(find_phrase("table." + std::string(plan.id), Language::English)) << plan.id;
        for (const ColumnPlan& column : plan.columns)
            EXPECT_TRUE(find_phrase("column." + std::string(column.id), Language::English)) << column.id;
    }
}

TEST(Phrases, ThatTheCodeNamesAreThere) {
    static const std::regex kSay("say\\(\"([a-z_.0-9]+)\"");
    std::size_t seen = 0;
    for (const auto& file :
         std::filesystem::directory_iterator(testing_support::source_folder() / "resolver/document")) {
        std::ifstream in(file.path());
        const std::string code((std::istreambuf_iterator<char>(in)), {});
        for (std::sregex_iterator at(code.begin(), code.end(), kSay), end; at != end; ++at, ++seen)
            EXPECT_TRUE(find_phrase((*at)[1].str(), Language::English)) << (*at)[1] << " in " << file.path();
    }
    EXPECT_GT(seen, 50U);
}

}  // namespace
}  // namespace cenote::document
