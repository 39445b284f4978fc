// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>

#include "resolver/policy/explanation.h"
#include "tests/support/places.h"

namespace cenote::policy {
namespace {

bool has_hangul(std::string_view text) {
    // The first byte of a syllable, U+AC00 to U+D7A3, in UTF-8.
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '\xea' && c <= '\xed'; });
}

void expect_step(const std::string& kind) {
    const Phrase* phrase = phrase_in(explain_phrases(), "explain_step." + kind);
    ASSERT_NE(phrase, nullptr) << kind;
    EXPECT_TRUE(has_hangul(phrase->korean)) << kind;
}

TEST(ExplainPhrases, OfEachKindInTheSourceAreThere) {
    std::size_t seen = 0;
    for (const char* file : {"resolver/policy/explain.cc", "resolver/report/explain.cc"}) {
        std::ifstream in(testing_support::source_folder() / file);
        const std::string source((std::istreambuf_iterator<char>(in)), {});
        static const std::regex kStep("(?:add_step|step_of)\\(([^,{]*),");
        static const std::regex kKind("\"([a-z_]+)\"");
        for (std::sregex_iterator step(source.begin(), source.end(), kStep), end; step != end; ++step) {
            const std::string argument = (*step)[1];
            if (argument.find('+') != std::string::npos) continue;  // put together: below
            for (std::sregex_iterator at(argument.begin(), argument.end(), kKind); at != end; ++at, ++seen)
                expect_step((*at)[1]);
        }
    }
    EXPECT_GT(seen, 12U);
}

TEST(ExplainPhrases, OfKindsPutTogetherAreThere) {
    for (const char* covers : {"covers", "covers_until"})
        for (const char* but :
             {"", "_not_this_client", "_not_started", "_not_at_this_hour", "_lapsed", "_but_exception"})
            expect_step(std::string(covers) + but);
    for (const char* proof : {"certificate", "token"})
        for (const char* in : {"_in_groups", "_in_no_group"}) expect_step(std::string(proof) + in);
    for (const char* answer : {"forwarded", "sinkhole"}) {
        expect_step(std::string("answer_") + answer);
        EXPECT_NE(phrase_in(explain_phrases(), std::string("explain_answer.") + answer), nullptr) << answer;
    }
    for (const char* local : {"records", "nxdomain", "nodata", "loopback", "empty_zone", "designation", "canary"}) {
        expect_step(std::string("local_") + local);
        EXPECT_NE(phrase_in(explain_phrases(), std::string("explain_answer.local_") + local), nullptr) << local;
    }
    EXPECT_NE(phrase_in(explain_phrases(), "explain_answer.refused"), nullptr);
}

}  // namespace
}  // namespace cenote::policy
