// SPDX-License-Identifier: Apache-2.0
//
// Answers that the engine writes are judged to hold, in every answer mode and type; each of a number of faults in them
// is found.
#include "resolver/proof/judgement.h"

#include <gmock/gmock.h>

#include <functional>

#include "resolver/engine/sinkhole.h"
#include "resolver/wire/message.h"
#include "resolver/wire/query.h"
#include "tests/proof/plans_for_tests.h"

namespace cenote::proof {
namespace {

using policy::AnswerMode;
using policy::Options;
using policy::Step;
using ::testing::HasSubstr;
using namespace testing;
using wire::RrType;

Options in_mode(AnswerMode mode) {
    Options options;
    options.sinkhole.answer = mode;
    options.sinkhole.ipv4 = ip("192.0.2.80");
    options.sinkhole.ipv6 = ip("2001:db8::80");
    options.sinkhole.cname = name("blocked.agency.example");
    options.directives = {directive("d1", Step::Restrict, {"service:deepseek"})};
    return options;
}

/// What a node sends for a check of the plan.
std::vector<std::uint8_t> answer_to(const Plan& plan, const Check& check) {
    std::array<std::uint8_t, 512> sent{};
    const std::size_t size = write_query(plan.question(check), 1, sent);
    wire::Query query;
    CENOTE_CHECK(wire::parse_query(ByteView(sent).first(size), query) == wire::ParseStatus::Ok);
    const auto verdict = plan.policy().judge(class_of(plan), plan.policy().match(query.name));
    const auto& cell = plan.policy().cell(verdict);
    std::vector<std::uint8_t> space(4096);
    wire::ReplyBuffer reply{.space = space, .limit = space.size(), .size = 0};
    engine::write_sinkhole({.query = query, .cell = cell, .labels = verdict.labels, .ttl_s = cell.ttl_s, .opt = {}},
                           reply);
    space.resize(reply.size);
    return space;
}

Observation seen(const Plan& plan, const Check& check, ByteView answer) {
    std::array<std::uint8_t, 512> sent{};
    const std::size_t size = write_query(plan.question(check), 1, sent);
    return read_reply(answer, ByteView(sent).first(size));
}

Judgement judged(const Plan& plan, const Check& check, const Observation& observation) {
    return judge(plan.expectation(check, class_of(plan)), observation, plan.policy().options().sinkhole);
}

class EveryMode : public ::testing::TestWithParam<AnswerMode> {};

TEST_P(EveryMode, TheAnswersOfTheEngineHold) {
    const Plan plan = plan_of(in_mode(GetParam()));
    std::size_t sinkholed = 0;
    for (const Check& check : checks_of(plan)) {
        if (plan.expectation(check, class_of(plan)).kind != Expectation::Kind::Sinkhole) continue;
        ++sinkholed;
        const auto answer = answer_to(plan, check);
        const Observation observation = answer.empty() ? Observation{} : seen(plan, check, answer);
        EXPECT_EQ(judged(plan, check, observation).finding, Finding::Holds)
            << wire::type_to_text(plan.question(check).type) << ": " << judged(plan, check, observation).got;
    }
    EXPECT_EQ(sinkholed, (4 * kTypes.size() - 2) * kVariants.size())
        << "four names, two of them entries: all but DS of these";
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode,
                         ::testing::Values(AnswerMode::Null, AnswerMode::Nodata, AnswerMode::Nxdomain,
                                           AnswerMode::Address, AnswerMode::Cname, AnswerMode::Refused,
                                           AnswerMode::Drop),
                         [](const auto& mode) { return std::string(policy::answer_mode_to_text(mode.param)); });

Check cell_of(RrType type, Variant variant = Variant::Plain) {
    const auto* at = std::ranges::find(kTypes, type);
    return {.of = Check::Of::Name,
            .name = 0,
            .type = static_cast<std::uint8_t>(at - kTypes.begin()),
            .variant = static_cast<std::uint8_t>(variant)};
}

struct Fault {
    const char* name;
    RrType type;
    std::function<void(Observation&)> plant;
    const char* got;
};

class Planted : public ::testing::TestWithParam<Fault> {};

TEST_P(Planted, IsFoundAndNamed) {
    const Plan plan = plan_of(in_mode(AnswerMode::Null));
    const Check check = cell_of(GetParam().type, Variant::MixedCase);
    const auto answer = answer_to(plan, check);
    Observation observation = seen(plan, check, answer);
    ASSERT_EQ(judged(plan, check, observation).finding, Finding::Holds);
    GetParam().plant(observation);
    const Judgement judgement = judged(plan, check, observation);
    EXPECT_EQ(judgement.finding, Finding::Deviates);
    EXPECT_THAT(judgement.got, HasSubstr(GetParam().got));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, Planted,
    ::testing::Values(
        Fault{"NoError", RrType::A, [](Observation& o) { o.errors.clear(); }, "0.0.0.0, no EDE"},
        Fault{"AnotherError", RrType::A, [](Observation& o) { o.errors = {16}; }, "0.0.0.0, EDE 16"},
        Fault{"AnotherAddress", RrType::A, [](Observation& o) { o.answers[0].rdata[3] = 9; }, "0.0.0.9, EDE 15"},
        Fault{"OneAddressMore", RrType::A,
              [](Observation& o) {
                  o.answers.push_back({RrType::A, {192, 0, 2, 1}});
              },
              "0.0.0.0, 192.0.2.1"},
        Fault{"NoAddress", RrType::AAAA, [](Observation& o) { o.answers.clear(); }, "NODATA"},
        Fault{"ARecordInsteadOfNone", RrType::HTTPS,
              [](Observation& o) {
                  o.answers.push_back({RrType::HTTPS, {0, 1, 0}});
              },
              "HTTPS, EDE 15"},
        Fault{"NoSoa", RrType::HTTPS, [](Observation& o) { o.has_soa = false; }, "without a SOA"},
        Fault{"Servfail", RrType::A, [](Observation& o) { o.rcode = wire::Rcode::ServFail; }, "SERVFAIL"},
        Fault{"Nxdomain", RrType::MX, [](Observation& o) { o.rcode = wire::Rcode::NXDomain; }, "NXDOMAIN"},
        Fault{"Truncated", RrType::A, [](Observation& o) { o.truncated = true; }, "truncated"},
        Fault{"Authenticated", RrType::A, [](Observation& o) { o.authenticated = true; }, "with AD"},
        Fault{"AnotherCase", RrType::A, [](Observation& o) { o.same_question = false; }, "with another question"},
        Fault{"NoAnswer", RrType::TXT,
              [](Observation& o) {
                  o = {};
                  o.why = "no answer after 3 tries";
              },
              "no answer after 3 tries"},
        Fault{"Malformed", RrType::A, [](Observation& o) { o.outcome = Outcome::Malformed; }, "does not parse"}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST(Judgement, AnOpenNameMustNotBeSinkholed) {
    const Expectation open{.kind = Expectation::Kind::Open, .cell = nullptr, .type = RrType::A};
    const policy::SinkholeOptions sinkhole = in_mode(AnswerMode::Address).sinkhole;
    Observation observation;
    observation.outcome = Outcome::Answered;
    observation.same_question = true;
    observation.answers = {{RrType::A, {198, 51, 100, 1}}};
    EXPECT_EQ(judge(open, observation, sinkhole).finding, Finding::Holds);
    observation.answers = {{RrType::A, {0, 0, 0, 0}}};
    EXPECT_EQ(judge(open, observation, sinkhole).finding, Finding::Deviates);
    observation.answers = {{RrType::A, {192, 0, 2, 80}}};
    EXPECT_EQ(judge(open, observation, sinkhole).finding, Finding::Deviates) << "the address of [sinkhole]";
    observation.answers = {{RrType::AAAA, std::vector<std::uint8_t>(16)}};
    EXPECT_EQ(judge(open, observation, sinkhole).finding, Finding::Deviates) << "::";
    observation.answers.clear();
    observation.errors = {15};
    EXPECT_EQ(judge(open, observation, sinkhole).finding, Finding::Deviates) << "EDE 15";
}

TEST(Judgement, TellsAFailedUpstreamFromASinkhole) {
    Observation observation;
    observation.outcome = Outcome::Answered;
    observation.same_question = true;
    observation.rcode = wire::Rcode::ServFail;
    observation.errors = {22};
    const Expectation open{.kind = Expectation::Kind::Open, .cell = nullptr, .type = RrType::DS};
    const Expectation control{.kind = Expectation::Kind::Control, .cell = nullptr, .type = RrType::A};
    EXPECT_EQ(judge(open, observation, {}).finding, Finding::Unresolved);
    EXPECT_EQ(judge(control, observation, {}).finding, Finding::Deviates) << "a control must resolve";
    EXPECT_EQ(judge(control, observation, {}).got, "SERVFAIL, EDE 22");
    observation.rcode = wire::Rcode::NXDomain;
    observation.errors.clear();
    EXPECT_EQ(judge(open, observation, {}).finding, Finding::Holds);
    EXPECT_EQ(judge(control, observation, {}).finding, Finding::Deviates);
    observation = {};
    EXPECT_EQ(judge(open, observation, {}).finding, Finding::Deviates) << "no answer";
}

TEST(Judgement, AReplyWithAnotherQuestionDeviatesWhateverIsExpected) {
    using Kind = Expectation::Kind;
    Observation observation;
    observation.outcome = Outcome::Answered;
    for (const Kind kind : {Kind::Open, Kind::Control, Kind::Local, Kind::Canary}) {
        const Expectation expectation{.kind = kind, .cell = nullptr, .type = RrType::A};
        observation.rcode = kind == Kind::Canary ? wire::Rcode::NXDomain : wire::Rcode::NoError;
        observation.same_question = true;
        EXPECT_EQ(judge(expectation, observation, {}).finding, Finding::Holds) << expectation_to_text(expectation);
        observation.same_question = false;
        const Judgement judgement = judge(expectation, observation, {});
        EXPECT_EQ(judgement.finding, Finding::Deviates) << expectation_to_text(expectation);
        EXPECT_THAT(judgement.got, HasSubstr(", with another question"));
    }
    observation.rcode = wire::Rcode::ServFail;
    EXPECT_EQ(judge({.kind = Kind::Open, .cell = nullptr, .type = RrType::A}, observation, {}).finding,
              Finding::Deviates)
        << "it is no answer to the query, and so no failure to resolve it";
}

TEST(Judgement, ExpectationsHaveWords) {
    const auto text = [](AnswerMode mode, RrType type) {
        const Plan plan = plan_of(in_mode(mode));
        return expectation_to_text(plan.expectation(cell_of(type), class_of(plan)));
    };
    EXPECT_EQ(text(AnswerMode::Null, RrType::A), "0.0.0.0, EDE 15");
    EXPECT_EQ(text(AnswerMode::Null, RrType::AAAA), "::, EDE 15");
    EXPECT_EQ(text(AnswerMode::Null, RrType::HTTPS), "NODATA, EDE 15");
    EXPECT_EQ(text(AnswerMode::Null, RrType::DS), "not sinkholed");
    EXPECT_EQ(text(AnswerMode::Nxdomain, RrType::A), "NXDOMAIN, EDE 15");
    EXPECT_EQ(text(AnswerMode::Address, RrType::A), "192.0.2.80, EDE 15");
    EXPECT_EQ(text(AnswerMode::Cname, RrType::MX), "CNAME blocked.agency.example, EDE 15");
    EXPECT_EQ(text(AnswerMode::Refused, RrType::A), "REFUSED, EDE 15");
    EXPECT_EQ(text(AnswerMode::Drop, RrType::A), "no answer");
}

TEST(Judgement, NoCutOfAReplyIsTakenForAnAnswer) {
    const Plan plan = plan_of(in_mode(AnswerMode::Null));
    const Check check = cell_of(RrType::A);
    const auto answer = answer_to(plan, check);
    for (std::size_t size = 0; size < answer.size(); ++size)
        EXPECT_EQ(seen(plan, check, ByteView(answer).first(size)).outcome, Outcome::Malformed) << size;
}

}  // namespace
}  // namespace cenote::proof
