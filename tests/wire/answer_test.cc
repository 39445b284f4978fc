// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/answer.h"

#include <gtest/gtest.h>

#include "tests/support/packet.h"
#include "tests/wire/ldns_peer.h"

namespace cenote::wire {
namespace {

using test::Packet;
using Bytes = std::vector<std::uint8_t>;

Question question_for(std::string_view name, RrType type) {
    Question question;
    question.name = *Name::parse(name);
    question.type = type;
    return question;
}

Bytes sent_for(const Question& question, const UpstreamQueryFields& fields) {
    Bytes out(512);
    out.resize(write_upstream_query(question, fields, out));
    return out;
}

TEST(UpstreamQueryTest, IsTheWholeOfWhatGoesUp) {
    const Question question = question_for("www.example.com", RrType::HTTPS);
    const Packet plain =
        Packet().header(0xabcd, 0x0120, 1, 0, 0, 0).question("www.example.com", RrType::HTTPS, RrClass::IN);
    EXPECT_EQ(sent_for(question, {.id = 0xabcd, .edns = false}), plain.data);
    const Packet full = Packet()
                            .header(0xabcd, 0x0130, 1, 0, 0, 1)
                            .question("www.example.com", RrType::HTTPS, RrClass::IN)
                            .opt({}, 1232, 0x8000);
    EXPECT_EQ(sent_for(question, {.id = 0xabcd, .dnssec_ok = true, .checking_disabled = true}), full.data);
    EXPECT_TRUE(test::ldns_reads(full.view()));
}

TEST(UpstreamQueryTest, MixesLettersAndNothingElse) {
    const Question question = question_for(R"(a1-b.\000\200c.com)", RrType::A);
    const Packet all = Packet().header(1, 0x0120, 1, 0, 0, 0).u8(4).text("A1-B").u8(3).u8(0).u8(200).text("C");
    const Bytes sent = sent_for(question, {.id = 1, .case_bits = ~std::uint64_t{0}, .edns = false});
    EXPECT_TRUE(std::equal(all.data.begin(), all.data.end(), sent.begin()));
    const Bytes second = sent_for(question, {.id = 1, .case_bits = 2, .edns = false});
    EXPECT_EQ(std::string(second.begin() + 13, second.begin() + 17), "a1-B") << "bit 1 belongs to the second letter";
}

TEST(UpstreamQueryTest, TheLongestNameFits) {
    const std::string label63(63, 'a');
    const Question question =
        question_for(label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b'), RrType::A);
    const Bytes sent = sent_for(question, {.id = 1, .case_bits = 0x5555555555555555});
    EXPECT_EQ(sent.size(), 12U + 255U + 4U + 11U);
    EXPECT_TRUE(test::ldns_reads(sent));
}

TEST(UpstreamQueryTest, IsPaddedToABlockWhereThatIsAskedFor) {  // RFC 8467 §4.1
    for (std::size_t letters = 1; letters <= 250; ++letters) {
        std::string name;
        for (std::size_t i = 0; i < letters; ++i) name += i % 50 == 49 ? '.' : 'a';
        if (name.back() == '.') name.back() = 'a';
        const Question question = question_for(name, RrType::A);
        const Bytes sent = sent_for(question, {.id = 1, .padded = true});
        EXPECT_EQ(sent.size() % 128, 0U) << letters;
        const std::size_t plain = sent_for(question, {.id = 1}).size();
        EXPECT_LT(sent.size(), plain + 4 + 128) << "no block more than is needed";
        const auto padding = static_cast<std::uint16_t>(sent.size() - plain - 4);
        EXPECT_EQ(load_u16(&sent[plain - 2]), padding + 4) << "RDLENGTH";
        EXPECT_EQ(load_u16(&sent[plain]), 12U) << "the code of the option";
        EXPECT_EQ(load_u16(&sent[plain + 2]), padding);
        EXPECT_TRUE(test::ldns_reads(sent));
        EXPECT_EQ(sent_for(question, {.id = 1, .edns = false, .padded = true}).size(), plain - 11);
    }
}

// One test for each way in which a response fails to match.
class MatchReplyTest : public testing::Test {
protected:
    Bytes sent_ = sent_for(question_for("www.example.com", RrType::A), {.id = 0x1234, .case_bits = 0x5a5a});
    std::size_t question_end_ = 12 + 17 + 4;

    Bytes reply() const {
        Bytes packet(sent_.begin(), sent_.begin() + static_cast<std::ptrdiff_t>(question_end_));
        packet[2] = 0x81;
        packet[3] = 0x80;
        packet[11] = 0;
        return packet;
    }
    MatchStatus match(const Bytes& packet) const { return match_reply(packet, sent_, true); }
};

TEST_F(MatchReplyTest, TheRightOneMatches) { EXPECT_EQ(match(reply()), MatchStatus::Match); }

TEST_F(MatchReplyTest, WrongId) {
    Bytes packet = reply();
    packet[1] ^= 1;
    EXPECT_EQ(match(packet), MatchStatus::WrongId);
}

TEST_F(MatchReplyTest, OtherNameTypeOrClass) {
    for (std::size_t at = 13; at < question_end_; ++at) {
        Bytes packet = reply();
        packet[at] ^= 1;
        EXPECT_EQ(match(packet), MatchStatus::NoMatch) << at;
    }
}

TEST_F(MatchReplyTest, QuestionCounts) {
    for (const unsigned count : {0U, 2U, 257U}) {
        Bytes packet = reply();
        packet[4] = static_cast<std::uint8_t>(count >> 8);
        packet[5] = static_cast<std::uint8_t>(count);
        EXPECT_EQ(match(packet), MatchStatus::NoMatch) << count;
    }
}

TEST_F(MatchReplyTest, NoAnswerAtAll) {
    Bytes packet = reply();
    packet[2] &= 0x7f;
    EXPECT_EQ(match(packet), MatchStatus::NoMatch) << "QR=0";
    for (unsigned opcode = 1; opcode < 16; ++opcode) {
        packet = reply();
        packet[2] = static_cast<std::uint8_t>(packet[2] | opcode << 3);
        EXPECT_EQ(match(packet), MatchStatus::NoMatch) << "opcode " << opcode;
    }
    EXPECT_EQ(match({}), MatchStatus::NoMatch);
}

TEST_F(MatchReplyTest, CutShort) {
    const Bytes whole = reply();
    for (std::size_t size = 0; size < whole.size(); ++size)
        EXPECT_EQ(match(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), MatchStatus::NoMatch);
}

TEST_F(MatchReplyTest, OurIdAndGarbage) {
    Bytes packet(202);
    for (std::size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i * 151 + 7);
    packet[0] = 0x12;
    packet[1] = 0x34;
    EXPECT_EQ(match(packet), MatchStatus::NoMatch);
}

TEST_F(MatchReplyTest, CaseCountsWhereExact) {
    Bytes packet = reply();
    packet[13] ^= 0x20;
    EXPECT_EQ(match_reply(packet, sent_, true), MatchStatus::NoMatch);
    EXPECT_EQ(match_reply(packet, sent_, false), MatchStatus::Match);
    packet[12] ^= 0x20;
    EXPECT_EQ(match_reply(packet, sent_, false), MatchStatus::NoMatch) << "a length is no letter";
}

TEST_F(MatchReplyTest, BitsThatAreNotLettersCountInAnyCase) {
    const Bytes sent = sent_for(question_for("a@b", RrType::A), {.id = 7, .edns = false});
    Bytes packet = sent;
    packet[2] = 0x81;
    ASSERT_EQ(match_reply(packet, sent, false), MatchStatus::Match);
    packet[14] ^= 0x20;  // '@' and '`'
    EXPECT_EQ(match_reply(packet, sent, false), MatchStatus::NoMatch);
}

class AgeAnswerTest : public testing::Test {
protected:
    /// Two records in ANSWER, one in AUTHORITY.
    static Packet message(std::uint32_t a, std::uint32_t b, std::uint32_t c) {
        const Bytes soa = test::join({test::wire_name("m"), test::wire_name("r"), Bytes(20)});
        return Packet()
            .header(0, 0x8180, 1, 2, 1, 0)
            .question("example.com", RrType::A, RrClass::IN)
            .pointer(12)
            .record(RrType::A, a, {1, 2, 3, 4})
            .name("other.example")
            .record(RrType::TXT, b, {3, 'a', 'b', 'c'})
            .pointer(20)
            .record(RrType::SOA, c, soa);
    }
    static Bytes aged(Packet packet, std::uint32_t age, std::uint32_t lowest, std::uint32_t highest) {
        age_answer(packet.data, age, lowest, highest);
        return packet.data;
    }
};

TEST_F(AgeAnswerTest, TakesTheAgeFromEveryRecordAndNothingElse) {
    EXPECT_EQ(aged(message(300, 10, 86400), 10, 0, kTtlMax), message(290, 0, 86390).data);
    EXPECT_EQ(aged(message(300, 10, 86400), 0, 0, kTtlMax), message(300, 10, 86400).data);
    EXPECT_EQ(aged(message(300, 10, 86400), 0xffffffff, 0, kTtlMax), message(0, 0, 0).data);
}

TEST_F(AgeAnswerTest, HoldsTheLimits) {
    EXPECT_EQ(aged(message(300, 10, 86400), 5, 30, 3600), message(295, 30, 3600).data);
    EXPECT_EQ(aged(message(300, 10, 86400), 5, 30, 20), message(20, 20, 20).data) << "the upper one wins";
}

TEST_F(AgeAnswerTest, EndsWithTheMessageWhateverTheCountsSay) {
    Packet packet = message(1, 2, 3);
    packet.data[7] = 200;
    for (std::size_t size = 0; size <= packet.data.size(); ++size) {
        Bytes cut(packet.data.begin(), packet.data.begin() + static_cast<std::ptrdiff_t>(size));
        age_answer(cut, 1, 0, kTtlMax);
        EXPECT_EQ(cut.size(), size);
    }
}

}  // namespace
}  // namespace cenote::wire
