// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/problems.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "tests/policy/fixture.h"
#include "tests/support/places.h"

namespace cenote::report {
namespace {

using policy::testing::kNow;

bool has_hangul(std::string_view text) {
    // The first byte of a syllable, U+AC00 to U+D7A3, in UTF-8.
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '\xea' && c <= '\xed'; });
}

rules::ExceptionDocument exception(rules::Stage stage, bool of_client, const std::string& requester = {}) {
    rules::ExceptionDocument document;
    document.id = "dns1-1";
    document.directive = "d1";
    document.stage = stage;
    document.asked_by = "kim";
    document.asked_at = kNow;
    document.purpose = "a class";
    document.requester = requester;
    if (of_client)
        document.client = Prefix::parse("10.0.0.1/32");
    else
        document.group = "lab";
    return document;
}

std::vector<rules::ExceptionDocument> exceptions_of_all_kinds() {
    using rules::Stage;
    std::vector<rules::ExceptionDocument> all{exception(Stage::Unconfirmed, true)};
    all.push_back(exception(Stage::Granted, true));
    all.back().emergency = true;
    for (const bool of_client : {true, false}) {
        all.push_back(exception(Stage::Asked, of_client));
        all.push_back(exception(Stage::Asked, of_client, "Ms Choi"));
        all.push_back(exception(Stage::Granted, of_client));
        all.back().extension = {.ends = kNow, .asked_by = "lee", .asked_at = kNow, .agreed_by = {}};
    }
    return all;
}

CertificateState certificate(seconds begins, seconds ends) {
    CertificateState state;
    state.file = "chain.pem";
    state.problem = "unreadable";
    state.lacks = "dns.example";
    state.begins = kNow + begins;
    state.ends = kNow + ends;
    state.client_ca = "clients.pem";
    state.client_ca_ends = state.client_crl_ends = kNow + seconds(60);
    state.client_crl = "revoked.pem";
    return state;
}

const std::vector<Diagnostic> kDiagnostics{
    {Diagnostic::Severity::Warning, {"cenote.toml", 12, 9}, "nothing targets it"},
    {Diagnostic::Severity::Warning, {"directive dns1-7", 1, 1}, "takes no name"}};

/// With everything at once; what excludes each other is in the others.
Condition bad_condition() {
    Condition condition;
    condition.refused_start = condition.refused_reload = condition.refused_set = {kNow, "a\nb"};
    condition.failed_update = {kNow, "w"};
    condition.set_problem = condition.state_problem = condition.clock_problem = condition.notify_problem = "w";
    condition.suspended_until = kNow + kDay;
    condition.suspended_by = "root";
    condition.lists.resize(2);
    for (ListState& list : condition.lists) {
        list.id = "extra";
        list.last_good = kNow - 2 * kDay;
        list.max_age = kDay;
        list.error = "w";
        list.failed_at = kNow;
    }
    condition.lists.back().by_transfer = true;
    condition.open_exceptions = exceptions_of_all_kinds();
    condition.waiting_for_restart = {"[server].listen"};
    condition.changed_days = "w";
    condition.sinks = {"w"};
    condition.receivers = {{"tcp://10.0.0.9:601", "w"}};
    condition.absent_addresses = {SocketAddress::parse("192.0.2.1:53", 53).value()};
    condition.refused_headers = condition.reached_limits = "w";
    condition.lacks_quic_process = true;
    condition.xdp_fallbacks = {{"eth0", "w"}};
    condition.raw_fallback = "w";
    condition.certificate = certificate(-kDay, kDay);
    condition.upstreams["9.9.9.9:53"].healthy = false;
    condition.upstreams["1.1.1.1:53"].healthy = false;
    condition.upstreams["1.1.1.1:53"].why = "w";
    condition.diagnostics = kDiagnostics;
    condition.groups = {{.group = "a", .expected = 30, .seen = 10},
                        {.group = "b", .expected = 30, .seen = 2, .few = 2, .smallest = 5},
                        {.group = "c", .expected = 30, .seen = 10, .few = 2, .smallest = 5}};
    condition.uptime = 2 * kDay;
    return condition;
}

std::vector<Problem> problems_of_all_kinds() {
    std::vector<policy::Directive> directives{policy::testing::directive("d1", policy::Step::Block, {}),
                                              policy::testing::directive("d2", policy::Step::Block, {})};
    directives[0].ends = directives[0].review = kNow + kDay;
    directives[1].review = kNow;
    Condition all = bad_condition();
    all.directives = directives;
    Condition ended;
    ended.refused_start = ended.refused_reload = ended.refused_set = {kNow, "a"};
    ended.suspended_until = kNow + kDay;
    ended.certificate = certificate(-2 * kDay, -kDay);
    ended.certificate->client_ca_ends = ended.certificate->client_crl_ends = kNow;
    Condition early;
    early.certificate = certificate(kDay, 2 * kDay);
    Condition none;
    none.certificate.emplace().problem = "unreadable";
    std::vector<Problem> found;
    for (const Condition* each : {&all, &ended, &early, &none})
        for (Problem& problem : find_problems(*each, kNow)) found.push_back(std::move(problem));
    return found;
}

TEST(ProblemPhrases, OfEachProblemAreThereInKoreanWithItsValues) {
    std::set<std::string> met;
    for (const Problem& problem : problems_of_all_kinds()) {
        const Sentence& sentence = problem.sentence;
        met.insert(sentence.kind);
        for (const char* prefix : {"problem_what", "problem_do"}) {
            const Phrase* phrase = phrase_in(problem_phrases(), std::string(prefix) + "." + sentence.kind);
            ASSERT_NE(phrase, nullptr) << prefix << "." << sentence.kind;
            if (std::string_view(phrase->key) != "problem_do.rule") {
                EXPECT_TRUE(has_hangul(phrase->korean)) << phrase->key;
            }
            const std::string text(phrase->english);
            static const std::regex kPlaceholder("\\{([a-z_]+)\\}");
            for (std::sregex_iterator at(text.begin(), text.end(), kPlaceholder), end; at != end; ++at)
                EXPECT_TRUE(std::ranges::any_of(
                    sentence.values,
                    [&](const auto& each) { return each.first == (*at)[1].str() && !each.second.empty(); }))
                    << phrase->key << " lacks " << (*at)[1];
        }
        EXPECT_EQ(problem.what, sentence.text(problem_phrases(), "problem_what"));
        EXPECT_EQ(problem.remedy, sentence.text(problem_phrases(), "problem_do"));
    }
    for (const Phrase& phrase : problem_phrases())
        EXPECT_TRUE(met.contains(std::string(phrase.key.substr(phrase.key.find('.') + 1))))
            << phrase.key << " is of no problem";
}

TEST(ProblemPhrases, OfCodesInTheSourceAreThere) {
    std::size_t seen = 0;
    for (const char* file : {"resolver/report/problems.cc", "resolver/report/certificate_problems.cc"}) {
        std::ifstream in(testing_support::source_folder() / file);
        const std::string source((std::istreambuf_iterator<char>(in)), {});
        // The code is the second argument, before the braces of the values.
        static const std::regex kMade("problem_of\\(\\s*[^,{]*,([^,{]*),");
        static const std::regex kCode("\"([a-z_]+)\"");
        for (std::sregex_iterator made(source.begin(), source.end(), kMade), end; made != end; ++made) {
            const std::string argument = (*made)[1];
            for (std::sregex_iterator at(argument.begin(), argument.end(), kCode); at != end; ++at, ++seen)
                EXPECT_NE(phrase_in(problem_phrases(), "problem_what." + (*at)[1].str()), nullptr) << (*at)[1];
        }
    }
    EXPECT_GT(seen, 25U);
}

}  // namespace
}  // namespace cenote::report
