// SPDX-License-Identifier: Apache-2.0
//
// The answer for a client that did not set DO (RFC 4035 §3.2.1).
#include "resolver/wire/answer.h"
#include "tests/wire/ldns_peer.h"
#include "tests/wire/reply_fixture.h"

namespace cenote::wire {
namespace {

using test::join;
using test::Packet;
using test::read_reply;
using test::Reply;
using test::wire_name;
using Bytes = std::vector<std::uint8_t>;

const Bytes kAddress{192, 0, 2, 1};

Bytes signature(RrType covered) {
    return join(
        {Packet().u16(static_cast<unsigned>(covered)).bytes(Bytes(16)).data, wire_name("example"), Bytes(64, 5)});
}
Bytes soa() { return join({wire_name("ns.example"), wire_name("mail.example"), Bytes(20, 1)}); }

class StripTest : public test::ReplyFixture {
protected:
    void ask_for(RrType type, bool dnssec_ok) {
        ask(Packet()
                .header(7, 0x0100, 1, 0, 0, 1)
                .question("WWW.example", type, RrClass::IN)
                .opt({}, 1232, dnssec_ok ? 0x8000 : 0));
    }
    /// The reply made of this message, which is as the cache holds it.
    Reply finish(const Packet& message) {
        limit(kMessageMax);
        std::copy(message.data.begin(), message.data.end(), buffer_.begin());
        reply_.size = message.data.size();
        finish_answer(query_, {}, reply_);
        EXPECT_TRUE(test::ldns_reads(reply_.written()));
        return read_reply(reply_.written());
    }
    static Packet answer(RrType type, unsigned an, unsigned ns) {
        return Packet().header(0, 0x8180U | kHoldsDnssec, 1, an, ns, 0).question("www.example", type, RrClass::IN);
    }
    /// The reply is this message behind the header, and an OPT.
    void expect_records(const Packet& expected) {
        ASSERT_EQ(reply_.size, expected.data.size() + 11);
        const auto begin = static_cast<std::ptrdiff_t>(12 + query_.question.size());
        const ByteView got = reply_.written().subspan(static_cast<std::size_t>(begin));
        EXPECT_TRUE(std::equal(expected.data.begin() + begin, expected.data.end(), got.begin()));
    }
};

Packet signed_address(Packet front) {
    return front.pointer(12)
        .record(RrType::A, 60, kAddress)
        .pointer(12)
        .record(RrType::RRSIG, 60, signature(RrType::A));
}

TEST_F(StripTest, WithoutDoNoSignatures) {
    ask_for(RrType::A, false);
    const Packet message = signed_address(answer(RrType::A, 2, 0));
    const Reply reply = finish(message);
    EXPECT_EQ(reply.an, 1U);
    EXPECT_EQ(reply.flags, 0x8180U) << "the bit for DNSSEC records is not sent";
    EXPECT_EQ(reply.id, 7U);
    EXPECT_TRUE(std::equal(query_.question.begin(), query_.question.end(), reply_.space.begin() + 12));
    expect_records(answer(RrType::A, 1, 0).pointer(12).record(RrType::A, 60, kAddress));
}

TEST_F(StripTest, WithDoAllOfIt) {
    ask_for(RrType::A, true);
    const Packet message = signed_address(answer(RrType::A, 2, 0));
    const Reply reply = finish(message);
    EXPECT_EQ(reply.an, 2U);
    EXPECT_EQ(reply.flags, 0x8180U);
    expect_records(message);
}

TEST_F(StripTest, WithoutTheMarkNothingIsLookedAt) {
    ask_for(RrType::A, false);
    Packet message = signed_address(answer(RrType::A, 2, 0));
    message.data[3] &= 0xbf;
    EXPECT_EQ(finish(message).an, 2U);
}

TEST_F(StripTest, WhatIsAskedForByTypeStays) {
    for (const RrType type : {RrType::RRSIG, RrType::ANY}) {
        ask_for(type, false);
        EXPECT_EQ(finish(signed_address(answer(type, 2, 0))).an, 2U);
    }
    ask_for(RrType::NSEC, false);
    const Reply reply = finish(answer(RrType::NSEC, 2, 0)
                                   .pointer(12)
                                   .record(RrType::NSEC, 60, join({wire_name("zz.example"), {0, 1, 0x40}}))
                                   .pointer(12)
                                   .record(RrType::RRSIG, 60, signature(RrType::NSEC)));
    EXPECT_EQ(reply.an, 1U) << "the NSEC, not its signature";
}

TEST_F(StripTest, ADenialKeepsItsSoa) {
    ask_for(RrType::A, false);
    const Reply reply = finish(answer(RrType::A, 0, 4)
                                   .name("hash.example")
                                   .record(RrType::NSEC3, 60, {1, 0, 0, 0, 0, 2, 7, 7, 0, 1, 0x40})
                                   .pointer(16)
                                   .record(RrType::NSEC, 60, join({wire_name("zz.example"), {0, 1, 0x40}}))
                                   .pointer(16)
                                   .record(RrType::SOA, 60, soa())
                                   .pointer(16)
                                   .record(RrType::RRSIG, 60, signature(RrType::SOA)));
    EXPECT_EQ(reply.an, 0U);
    EXPECT_EQ(reply.ns, 1U);
    expect_records(answer(RrType::A, 0, 1).name("example").record(RrType::SOA, 60, soa()));
}

TEST_F(StripTest, NamesThatPointIntoARecordThatGoesAreWrittenInFull) {
    ask_for(RrType::MX, false);
    // The first MX points to the owner of the RRSIG, at 29.
    const Packet message = answer(RrType::MX, 3, 0)
                               .name("Mail.example")
                               .record(RrType::RRSIG, 60, signature(RrType::MX))
                               .pointer(12)
                               .record(RrType::MX, 60, {0, 10, 0xc0, 29})
                               .pointer(12)
                               .record(RrType::MX, 60, join({{0, 20}, wire_name("Other.Example")}));
    EXPECT_EQ(finish(message).an, 2U);
    expect_records(answer(RrType::MX, 2, 0)
                       .pointer(12)
                       .record(RrType::MX, 60, join({{0, 10}, wire_name("Mail.example")}))
                       .pointer(12)
                       .record(RrType::MX, 60, join({{0, 20}, wire_name("Other.Example")})));
}

TEST_F(StripTest, ChainsOfAliasesKeepTheirOwners) {
    ask_for(RrType::A, false);
    const Packet message = answer(RrType::A, 4, 0)
                               .pointer(12)
                               .record(RrType::CNAME, 60, wire_name("a.example"))
                               .pointer(12)
                               .record(RrType::RRSIG, 60, signature(RrType::CNAME))
                               .pointer(41)
                               .record(RrType::A, 60, kAddress)
                               .pointer(41)
                               .record(RrType::RRSIG, 60, signature(RrType::A));
    EXPECT_EQ(finish(message).an, 2U);
    expect_records(answer(RrType::A, 2, 0)
                       .pointer(12)
                       .record(RrType::CNAME, 60, wire_name("a.example"))
                       .pointer(41)
                       .record(RrType::A, 60, kAddress));
}

TEST_F(StripTest, WhatFitsOnlyWithoutSignaturesIsNotTruncated) {
    ask_for(RrType::A, false);
    Packet message = answer(RrType::A, 11, 0);
    for (int i = 0; i < 10; ++i) message.pointer(12).record(RrType::RRSIG, 60, signature(RrType::A));
    message.pointer(12).record(RrType::A, 60, kAddress);
    limit(kMessageMax);
    reply_.limit = 512;
    std::copy(message.data.begin(), message.data.end(), buffer_.begin());
    reply_.size = message.data.size();
    ASSERT_GT(reply_.size, reply_.limit);
    finish_answer(query_, {}, reply_);
    const Reply reply = read_reply(reply_.written());
    EXPECT_FALSE(reply.truncated());
    EXPECT_EQ(reply.an, 1U);
}

TEST_F(StripTest, WhatGrowsBeyondAMessageIsTruncated) {
    ask_for(RrType::MX, false);
    const std::string label(63, 'x');
    const std::string longest = label + "." + label + "." + label;
    Packet message = answer(RrType::MX, 4002, 0)
                         .pointer(12)
                         .record(RrType::RRSIG, 60, signature(RrType::MX))
                         .pointer(12)
                         .record(RrType::MX, 60, join({{0, 1}, wire_name(longest)}));
    const unsigned place = 12 + 17 + 12 + static_cast<unsigned>(signature(RrType::MX).size()) + 12 + 2;
    for (int i = 0; i < 4000; ++i)
        message.pointer(12).record(
            RrType::MX, 60, {0, 2, static_cast<std::uint8_t>(0xc0 | place >> 8), static_cast<std::uint8_t>(place)});
    ASSERT_LE(message.data.size(), kMessageMax);
    const Reply reply = finish(message);
    EXPECT_TRUE(reply.truncated());
    EXPECT_EQ(reply.an, 0U);
    EXPECT_TRUE(reply.has_opt);
}

}  // namespace
}  // namespace cenote::wire
