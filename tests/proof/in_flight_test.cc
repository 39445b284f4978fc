// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/in_flight.h"

#include <gmock/gmock.h>

#include <array>

#include "tests/proof/plans_for_tests.h"

namespace cenote::proof {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr milliseconds kPatience{1000};

class InFlightTest : public ::testing::Test {
protected:
    void begin(std::uint64_t place, bool silence = false) {
        const Question question{
            .name = name("deepseek.com"), .type = wire::RrType::A, .variant = Variant::Plain, .chaos = false};
        flight.begin(place, {}, question, silence, now, send());
    }
    InFlight::Send send() {
        return [this](ByteView query) { sent.emplace_back(query.begin(), query.end()); };
    }
    InFlight::SendWith send_with() {
        return [this](ByteView with, ByteView query) {
            cookie.assign(with.begin(), with.end());
            sent.emplace_back(query.begin(), query.end());
        };
    }
    InFlight::End end() {
        return [this](InFlight::Ended each) {
            ended.push_back(each.place);
            last = each.observation;
        };
    }
    void pass(milliseconds time) {
        now += time;
        flight.look(now, send(), end());
    }
    /// A reply to a query: the same, with QR.
    static std::vector<std::uint8_t> reply_to(std::vector<std::uint8_t> query) {
        query[2] |= 0x80;
        return query;
    }

    static std::vector<std::uint8_t> truncated_reply_to(const std::vector<std::uint8_t>& query) {
        auto reply = reply_to(query);
        reply[2] |= 0x02;
        return reply;
    }

    /// BADCOOKIE with a cookie in the OPT, which the query ends with.
    static std::vector<std::uint8_t> bad_cookie_reply_to(const std::vector<std::uint8_t>& query) {
        auto reply = reply_to(query);
        reply[3] = static_cast<std::uint8_t>((reply[3] & 0xf0) | 7);
        reply[reply.size() - 6] = 1;  // the upper bits of the rcode
        reply[reply.size() - 1] = 20;
        const std::array<std::uint8_t, 20> option{0, 10, 0, 16, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
        reply.insert(reply.end(), option.begin(), option.end());
        return reply;
    }

    InFlight flight{4, kPatience, 0xfffe};
    Ticks now{};
    std::vector<std::uint8_t> cookie;
    std::vector<std::vector<std::uint8_t>> sent;
    std::vector<std::uint64_t> ended;
    Observation last;
};

TEST_F(InFlightTest, WhatTheNodePutsOffIsAskedAgain) {
    begin(1);
    flight.take(truncated_reply_to(sent[0]), send_with(), end());
    EXPECT_THAT(ended, IsEmpty());
    pass(kPatience);
    ASSERT_EQ(sent.size(), 2U);
    flight.take(reply_to(sent[1]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(1));
    EXPECT_FALSE(last.truncated);
    begin(2);
    for (unsigned i = 1; i < InFlight::kTries; ++i) {
        flight.take(truncated_reply_to(sent.back()), send_with(), end());
        EXPECT_THAT(ended, ElementsAre(1));
        pass(kPatience);
    }
    flight.take(truncated_reply_to(sent.back()), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(1, 2));
    EXPECT_TRUE(last.truncated) << "the last try counts as it is";
}

TEST_F(InFlightTest, AQueryThatNeedsACookieIsSentAgainWithIt) {
    begin(1);
    begin(2);
    flight.take(bad_cookie_reply_to(sent[0]), send_with(), end());
    ASSERT_EQ(sent.size(), 3U) << "at once";
    EXPECT_EQ(sent[2], sent[0]) << "the one that was refused, and not the last one";
    EXPECT_THAT(cookie, SizeIs(16));
    flight.take(bad_cookie_reply_to(sent[1]), send_with(), end());
    ASSERT_EQ(sent.size(), 4U) << "with the same cookie, of the same second";
    EXPECT_EQ(sent[3], sent[1]);
    flight.take(reply_to(sent[1]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(2));
    flight.take(bad_cookie_reply_to(sent[0]), send_with(), end());
    flight.take(bad_cookie_reply_to(sent[0]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(2, 1)) << "the last try counts as it is";
    EXPECT_EQ(last.rcode, wire::Rcode::BadCookie);
}

TEST_F(InFlightTest, AReplyEndsItsOwnQuery) {
    for (std::uint64_t place = 0; place < 4; ++place) begin(place);
    EXPECT_TRUE(flight.full());
    flight.take(reply_to(sent[2]), send_with(), end());
    flight.take(reply_to(sent[2]), send_with(), end());  // once more, as when a try was answered twice
    flight.take(reply_to(sent[0]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(2, 0));
    EXPECT_EQ(last.outcome, Outcome::Answered);
    EXPECT_FALSE(flight.full());
}

TEST_F(InFlightTest, AReplyToAnotherQuestionIsIgnored) {
    begin(0);
    auto forged = reply_to(sent[0]);
    forged[14] ^= 0x01;  // a letter of the name
    flight.take(forged, send_with(), end());
    auto stray = reply_to(sent[0]);
    stray[0] ^= 0x40;  // the id
    flight.take(stray, send_with(), end());
    flight.take(sent[0], send_with(), end());  // a query
    flight.take({}, send_with(), end());
    EXPECT_THAT(ended, IsEmpty());
    flight.take(reply_to(sent[0]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(0));
}

TEST_F(InFlightTest, ALostQueryIsSentThreeTimesAndALateAnswerCounts) {
    begin(0);
    begin(1);
    pass(kPatience / 2);
    EXPECT_EQ(sent.size(), 2U);
    pass(kPatience);
    EXPECT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent[2], sent[0]);
    flight.take(reply_to(sent[0]), send_with(), end());
    EXPECT_THAT(ended, ElementsAre(0));
    pass(kPatience);
    EXPECT_EQ(sent.size(), 5U);
    EXPECT_EQ(*flight.due(), now + kPatience);
    pass(kPatience);
    EXPECT_THAT(ended, ElementsAre(0, 1));
    EXPECT_EQ(last.outcome, Outcome::NoAnswer);
    EXPECT_EQ(observation_to_text(last), "no answer after 3 tries");
    EXPECT_TRUE(flight.empty());
    EXPECT_FALSE(flight.due());
}

TEST_F(InFlightTest, WhereSilenceIsExpectedOneTryIsEnough) {
    begin(0, true);
    pass(kPatience);
    EXPECT_EQ(sent.size(), 1U);
    EXPECT_THAT(ended, ElementsAre(0));
}

TEST_F(InFlightTest, ABrokenConnectionIsNoTry) {
    begin(0);
    begin(1);
    for (int i = 0; i < 5; ++i) flight.resend(now, send());
    EXPECT_EQ(sent.size(), 12U);
    EXPECT_THAT(ended, IsEmpty());
    flight.give_up("connection refused", end());
    EXPECT_THAT(ended, UnorderedElementsAre(0, 1));
    EXPECT_EQ(observation_to_text(last), "connection refused");
}

TEST_F(InFlightTest, NoTwoQueriesHaveOneId) {
    for (std::uint64_t place = 0; place < 4; ++place) begin(place);
    for (const auto& one : sent)
        EXPECT_EQ(
            std::ranges::count_if(sent, [&](const auto& other) { return one[0] == other[0] && one[1] == other[1]; }),
            1);
}

}  // namespace
}  // namespace cenote::proof
