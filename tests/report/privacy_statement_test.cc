// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/privacy_statement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::report {
namespace {

using telemetry::IdentityLevel;
using ::testing::HasSubstr;
using ::testing::Not;

PrivacyFacts facts_at(IdentityLevel identity) {
    PrivacyFacts facts;
    facts.node = "dns1";
    facts.policy_digest = "2f3a";
    facts.at = parse_time("2026-11-30T09:00:00Z").value();
    facts.identity = identity;
    facts.agreement = identity == IdentityLevel::None ? "" : "works agreement 7";
    facts.rotate = seconds(7 * 86400);
    facts.smallest = 5;
    facts.history = "/var/lib/cenote/history.db";
    facts.keep_minutes = seconds(36 * 3600);
    facts.keep_hours = seconds(400 * 86400);
    facts.keep_log = seconds(21 * 86400);
    facts.keys = "/var/lib/cenote/pseudonym.keys";
    facts.state = "/var/lib/cenote/state.db";
    facts.readers = {"helpdesk"};
    facts.inspectors = {"audit"};
    return facts;
}

std::string in(StatementLanguage language, const PrivacyFacts& facts) { return privacy_statement(facts, language); }

TEST(PrivacyStatement, SaysWhatTheConfigurationSays) {
    const std::string text = in(StatementLanguage::English, facts_at(IdentityLevel::None));
    for (const char* part : {"dns1", "2f3a", "Level: none", "/var/lib/cenote/history.db", "by minute for 36 hours",
                             "by hour for 400 days", "No query log", "unix groups helpdesk, audit",
                             "Clients and single queries: the administrator of the machine and the unix groups audit",
                             "below 5", "/var/lib/cenote/state.db"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_THAT(text, Not(HasSubstr("pseudonym.keys")));
    EXPECT_THAT(text, Not(HasSubstr("allowed by")));
    EXPECT_THAT(text, Not(HasSubstr("{}")));
}

TEST(PrivacyStatement, ALevelAboveNoneHasItsKeysAndItsAgreement) {
    PrivacyFacts facts = facts_at(IdentityLevel::Pseudonym);
    facts.log = "/var/log/cenote/queries.jsonl";
    facts.all_queries = true;
    facts.receivers = {"tls://10.0.0.9#siem.agency.example"};
    facts.less = {{"2026-014", IdentityLevel::None}};
    const std::string text = in(StatementLanguage::English, facts);
    for (const char* part :
         {"replaced every 7 days", "works agreement 7", "pseudonym.keys", "queries.jsonl", "for 21 days",
          "always without the client", "tls://10.0.0.9#siem.agency.example: such lines",
          "directive 2026-014: nothing of a client", "the approval of another person"})
        EXPECT_THAT(text, HasSubstr(part));
    EXPECT_EQ(privacy_json(facts)["less"][0]["identity"], "none");
    EXPECT_EQ(privacy_json(facts)["stores"].size(), 5U);
}

TEST(PrivacyStatement, BothLanguagesHaveTheSameSentencesAndValues) {
    for (const auto identity : {IdentityLevel::None, IdentityLevel::Pseudonym, IdentityLevel::Address})
        for (const bool more : {false, true}) {
            PrivacyFacts facts = facts_at(identity);
            if (more) {
                facts.log = "/var/log/cenote/queries.jsonl";
                facts.history = "";
                facts.all_queries = true;
                facts.receivers = {"udp://192.0.2.9"};
            }
            const std::string english = in(StatementLanguage::English, facts);
            const std::string korean = in(StatementLanguage::Korean, facts);
            EXPECT_EQ(std::ranges::count(english, '\n'), std::ranges::count(korean, '\n'));
            EXPECT_THAT(korean, Not(HasSubstr("{}")));
            for (const auto& value : {facts.node, facts.policy_digest, facts.agreement, facts.history.string(),
                                      facts.log.string(), facts.state.string(), std::string("helpdesk")})
                EXPECT_THAT(korean, HasSubstr(value));
        }
    EXPECT_EQ(parse_statement_language("ko"), StatementLanguage::Korean);
    EXPECT_EQ(parse_statement_language("fr"), std::nullopt);
}

}  // namespace
}  // namespace cenote::report
