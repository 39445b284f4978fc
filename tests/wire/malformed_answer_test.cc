// SPDX-License-Identifier: Apache-2.0
//
// Hostile responses that scrubbing refuses: names (RFC 9267), records, and the limits of work.
#include "tests/wire/scrub_fixture.h"

namespace cenote::wire {
namespace {

using test::Bytes;
using test::join;
using test::kAddress;
using test::kOther;
using test::option;
using test::Packet;
using test::rrsig_rdata;
using test::soa_rdata;
using test::wire_name;

class MalformedAnswerTest : public test::ScrubFixture {
protected:
    MalformedAnswerTest() { ask("www.example", RrType::A); }

    Packet good() const { return answer(1).pointer(12).record(RrType::A, 60, kAddress); }
    /// One record of this kind beside the answer.
    bool refuses(RrType type, const Bytes& rdata) {
        return scrub(answer(2).pointer(12).record(RrType::A, 60, kAddress).pointer(12).record(type, 60, rdata)) ==
               AnswerStatus::Malformed;
    }
};

TEST_F(MalformedAnswerTest, NothingIsWrongWithTheGoodOne) { EXPECT_EQ(scrub(good()), AnswerStatus::Ok); }

TEST_F(MalformedAnswerTest, EveryCut) {
    const Packet whole = answer(2, 1, 1)
                             .pointer(12)
                             .record(RrType::CNAME, 60, wire_name("a.example"))
                             .name("a.example")
                             .record(RrType::A, 60, kAddress)
                             .pointer(16)
                             .record(RrType::SOA, 60, soa_rdata(1))
                             .opt(option(10, Bytes(16)));
    ASSERT_EQ(scrub(whole), AnswerStatus::Ok);
    for (std::size_t size = 0; size < whole.data.size(); ++size) {
        Packet cut;
        cut.data.assign(whole.data.begin(), whole.data.begin() + static_cast<std::ptrdiff_t>(size));
        EXPECT_EQ(scrub(cut), AnswerStatus::Malformed) << size;
    }
}

TEST_F(MalformedAnswerTest, BytesBehindTheMessage) {
    EXPECT_EQ(scrub(good().bytes(Bytes(40))), AnswerStatus::Malformed);
    EXPECT_EQ(scrub(good().u8(0)), AnswerStatus::Malformed);
}

TEST_F(MalformedAnswerTest, AnotherQuestion) {
    EXPECT_EQ(scrub(Packet().header(1, 0x8180, 1, 0, 0, 0).question("www.exampl3", RrType::A, RrClass::IN)),
              AnswerStatus::Malformed);
    EXPECT_EQ(scrub(Packet().header(1, 0x8180, 1, 0, 0, 0).question("www.example", RrType::AAAA, RrClass::IN)),
              AnswerStatus::Malformed);
    EXPECT_EQ(scrub(Packet().header(1, 0x8180, 1, 0, 0, 0).question("www.example", RrType::A, RrClass::CH)),
              AnswerStatus::Malformed);
    EXPECT_EQ(scrub(Packet().header(1, 0x8180, 0, 0, 0, 0)), AnswerStatus::Malformed);
}

TEST_F(MalformedAnswerTest, SelfPointingOwner) {
    EXPECT_EQ(scrub(answer(1).pointer(29).record(RrType::A, 60, kAddress)), AnswerStatus::Malformed);
    EXPECT_EQ(scrub(answer(1).u8(1).text("a").pointer(29).record(RrType::A, 60, kAddress)), AnswerStatus::Malformed);
    EXPECT_EQ(scrub(answer(1).pointer(2).record(RrType::A, 60, kAddress)), AnswerStatus::Malformed) << "the header";
}

TEST_F(MalformedAnswerTest, RdlengthPastTheEnd) {
    Packet packet = good();
    packet.data[packet.data.size() - 5] = 5;
    EXPECT_EQ(scrub(packet), AnswerStatus::Malformed);
}

TEST_F(MalformedAnswerTest, CountsThatLie) {
    for (const std::size_t at : {6U, 7U, 8U, 9U, 10U, 11U}) {
        Packet packet = good();
        packet.data[at] = 0xff;
        EXPECT_EQ(scrub(packet), AnswerStatus::Malformed) << at;
    }
}

TEST_F(MalformedAnswerTest, OptOutOfPlace) {
    const Packet record = Packet().pointer(12).record(RrType::A, 60, kAddress);
    EXPECT_EQ(scrub(answer(1, 0, 2).bytes(record.data).opt().opt()), AnswerStatus::Malformed) << "two";
    EXPECT_EQ(scrub(answer(2).bytes(record.data).opt()), AnswerStatus::Malformed) << "in ANSWER";
    EXPECT_EQ(scrub(answer(1, 1).bytes(record.data).opt()), AnswerStatus::Malformed) << "in AUTHORITY";
    EXPECT_EQ(scrub(answer(1, 0, 1).bytes(record.data).pointer(12).record(RrType::OPT, 0, {})), AnswerStatus::Malformed)
        << "not at the root";
}

TEST_F(MalformedAnswerTest, OptionsThatLie) {
    const Packet record = answer(1, 0, 1).pointer(12).record(RrType::A, 60, kAddress);
    EXPECT_EQ(scrub(Packet(record).opt({0, 3, 0, 9, 1})), AnswerStatus::Malformed) << "past RDATA";
    EXPECT_EQ(scrub(Packet(record).opt({0, 3, 0})), AnswerStatus::Malformed) << "half a header";
    ASSERT_EQ(scrub(Packet(record).opt(option(15, {1}))), AnswerStatus::Ok);
    EXPECT_FALSE(shape_.has_error) << "too short to hold a code";
}

// RFC 9267 §4 and §5: rdata that does not have the length of its type.
TEST_F(MalformedAnswerTest, AddressesOfTheWrongSize) {
    for (std::size_t size = 0; size < 20; ++size) {
        EXPECT_EQ(refuses(RrType::A, Bytes(size)), size != 4) << size;
        EXPECT_EQ(refuses(RrType::AAAA, Bytes(size)), size != 16) << size;
    }
}

TEST_F(MalformedAnswerTest, NamesInRdata) {
    const Bytes name = wire_name("a.example");
    for (const RrType type : {RrType::NS, RrType::CNAME, RrType::PTR, RrType::DNAME, RrType{7}}) {
        EXPECT_FALSE(refuses(type, name));
        EXPECT_FALSE(refuses(type, {0xc0, 12}));
        EXPECT_TRUE(refuses(type, {}));
        EXPECT_TRUE(refuses(type, join({name, {0}}))) << "a byte more";
        EXPECT_TRUE(refuses(type, Bytes(name.begin(), name.end() - 1))) << "a byte less";
        EXPECT_TRUE(refuses(type, {0xc0})) << "half a pointer";
        EXPECT_TRUE(refuses(type, {0xff, 0xff})) << "past the end";
    }
    for (const RrType type : {RrType::MX, RrType::AFSDB}) {
        EXPECT_FALSE(refuses(type, join({{0, 1}, name})));
        EXPECT_TRUE(refuses(type, {0}));
        EXPECT_TRUE(refuses(type, {0, 1}));
        EXPECT_TRUE(refuses(type, join({{0, 1}, name, {0}})));
    }
    EXPECT_FALSE(refuses(RrType::SRV, join({Bytes(6), name})));
    EXPECT_TRUE(refuses(RrType::SRV, Bytes(6)));
    EXPECT_TRUE(refuses(RrType::SRV, Bytes(5)));
    EXPECT_FALSE(refuses(RrType::RP, join({name, name})));
    EXPECT_TRUE(refuses(RrType::RP, name));
}

TEST_F(MalformedAnswerTest, AnRdataNameThatRunsIntoTheNextRecord) {
    Packet packet = answer(2).pointer(12).record(RrType::CNAME, 60, {1, 'a', 5});
    packet.pointer(12).record(RrType::A, 60, kAddress);
    EXPECT_EQ(scrub(packet), AnswerStatus::Malformed);
}

TEST_F(MalformedAnswerTest, SoaRdata) {
    EXPECT_FALSE(refuses(RrType::SOA, soa_rdata(1)));
    Bytes rdata = soa_rdata(1);
    rdata.pop_back();
    EXPECT_TRUE(refuses(RrType::SOA, rdata));
    EXPECT_TRUE(refuses(RrType::SOA, join({soa_rdata(1), {0}})));
}

TEST_F(MalformedAnswerTest, Strings) {
    EXPECT_FALSE(refuses(RrType::TXT, {0}));
    EXPECT_FALSE(refuses(RrType::TXT, {1, 'a', 0, 2, 'b', 'c'}));
    EXPECT_TRUE(refuses(RrType::TXT, {}));
    EXPECT_TRUE(refuses(RrType::TXT, {2, 'a'}));
    EXPECT_FALSE(refuses(RrType::HINFO, {1, 'a', 0}));
    EXPECT_TRUE(refuses(RrType::HINFO, {1, 'a'}));
    EXPECT_TRUE(refuses(RrType::HINFO, {1, 'a', 0, 0}));
    EXPECT_FALSE(refuses(RrType::NAPTR, {0, 1, 0, 2, 1, 's', 0, 0, 0}));
    EXPECT_TRUE(refuses(RrType::NAPTR, {0, 1, 0, 2, 1, 's', 0, 0}));
    EXPECT_FALSE(refuses(RrType::CAA, {0, 1, 'a'}));
    EXPECT_TRUE(refuses(RrType::CAA, {0, 2, 'a'}));
}

TEST_F(MalformedAnswerTest, ServiceParameters) {
    for (const RrType type : {RrType::SVCB, RrType::HTTPS}) {
        EXPECT_FALSE(refuses(type, {0, 1, 0}));
        EXPECT_FALSE(refuses(type, {0, 1, 0, 0, 3, 0, 2, 1, 187}));
        EXPECT_TRUE(refuses(type, {0, 1, 0, 0, 3, 0, 3, 1, 187}));
        EXPECT_TRUE(refuses(type, {0, 1, 0, 0, 3, 0}));
        EXPECT_TRUE(refuses(type, {0, 1}));
        EXPECT_TRUE(refuses(type, {0, 1, 0xc0, 12})) << "RFC 9460 §2.2";
    }
}

TEST_F(MalformedAnswerTest, DnssecRdata) {  // cf. CVE-2026-4890 and -4891
    EXPECT_FALSE(refuses(RrType::RRSIG, rrsig_rdata(RrType::A)));
    for (std::size_t size = 0; size < 19; ++size) EXPECT_TRUE(refuses(RrType::RRSIG, Bytes(size))) << size;
    EXPECT_TRUE(refuses(RrType::RRSIG, join({Bytes(18), {0xc0, 12, 1, 2, 3}}))) << "RFC 4034 §3.1.7";
    EXPECT_TRUE(refuses(RrType::NSEC, {}));
    EXPECT_TRUE(refuses(RrType::NSEC, {3, 'a'}));
    EXPECT_TRUE(refuses(RrType::NSEC3, {1, 0, 0, 0, 9, 0}));
    EXPECT_TRUE(refuses(RrType::NSEC3, {1, 0, 0, 0, 0, 20, 1}));
    EXPECT_TRUE(refuses(RrType::DS, {0, 1, 2}));
}

TEST_F(MalformedAnswerTest, SizesOfOtherTypes) {
    for (const auto& [type, least] : std::vector<std::pair<unsigned, std::size_t>>{
             {37, 5}, {44, 2}, {48, 4}, {52, 3}, {53, 3}, {59, 4}, {60, 4}, {62, 6}, {63, 6}, {256, 4}}) {
        EXPECT_TRUE(refuses(static_cast<RrType>(type), Bytes(least - 1))) << type;
        EXPECT_FALSE(refuses(static_cast<RrType>(type), Bytes(least))) << type;
    }
    for (const auto& [type, exact] :
         std::vector<std::pair<unsigned, std::size_t>>{{104, 10}, {105, 6}, {106, 10}, {107, 3}, {108, 6}, {109, 8}}) {
        EXPECT_TRUE(refuses(static_cast<RrType>(type), Bytes(exact - 1))) << type;
        EXPECT_FALSE(refuses(static_cast<RrType>(type), Bytes(exact))) << type;
        EXPECT_TRUE(refuses(static_cast<RrType>(type), Bytes(exact + 1))) << type;
    }
}

TEST_F(MalformedAnswerTest, UnknownTypesAreOpaque) {
    EXPECT_FALSE(refuses(RrType{65280}, {0xff, 0xff, 0xff}));
    EXPECT_FALSE(refuses(RrType{65280}, {}));
}

// ---- limits ----

TEST_F(MalformedAnswerTest, ThreeThousandAddresses) {
    Packet packet = answer(3000);
    for (unsigned i = 0; i < 3000; ++i)
        packet.pointer(12).record(RrType::A, 60,
                                  {10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    expect_kept(packet);
    // The same when they have to be rewritten.
    Packet mixed = answer(3001).name("victim.example").record(RrType::A, 60, kOther);
    mixed.data.insert(mixed.data.end(), packet.data.begin() + 29, packet.data.end());
    expect_scrubbed(mixed, packet);
}

TEST_F(MalformedAnswerTest, AFullMessage) {
    Packet packet = answer(0);
    unsigned count = 0;
    while (packet.data.size() + 16 <= kMessageMax) {
        packet.pointer(12).record(RrType::A, 60, kAddress);
        ++count;
    }
    packet.data[6] = static_cast<std::uint8_t>(count >> 8);
    packet.data[7] = static_cast<std::uint8_t>(count);
    expect_kept(packet);
    EXPECT_EQ(scrub(Packet(packet).bytes(Bytes(kMessageMax + 1 - packet.data.size()))), AnswerStatus::Malformed);
}

TEST_F(MalformedAnswerTest, WhatGrowsBeyondAMessageIsRefused) {  // CVE-2026-27853
    ask("www.example", RrType::MX);
    const std::string label63(63, 'a');
    const Bytes longest = wire_name(label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b'));
    Packet packet = answer(1001).name("victim.example").record(RrType::A, 60, kOther);
    const auto target = static_cast<unsigned>(packet.data.size() + 14);
    packet.pointer(12).record(RrType::MX, 60, join({{0, 1}, longest}));
    for (unsigned i = 1; i < 1000; ++i) packet.pointer(12).record(RrType::MX, 60, Packet().u16(1).pointer(target).data);
    EXPECT_EQ(scrub(packet), AnswerStatus::Malformed);
}

// The work for names is limited by the size of the message; a message that needs more is refused (CVE-2024-8508,
// CVE-2023-4408).
TEST_F(MalformedAnswerTest, DeepCompressionIsNotDear) {
    Packet packet = answer(4001);
    packet.pointer(12).u16(16).u16(1).u32(60).u16(0);
    const std::size_t rdlength = packet.data.size() - 2;
    // Strings of three bytes; read from their second byte they are labels with a pointer to the string before.
    packet.u8(0);
    std::size_t last = packet.data.size() - 1;
    for (unsigned i = 0; i < 120; ++i) {
        packet.u8(4);
        const auto here = packet.data.size();
        packet.u8(1).u8('a').pointer(static_cast<unsigned>(last));
        last = here;
    }
    store_u16(&packet.data[rdlength], static_cast<std::uint16_t>(packet.data.size() - rdlength - 2));
    for (unsigned i = 0; i < 4000; ++i) packet.pointer(static_cast<unsigned>(last)).record(RrType::A, 60, kAddress);
    EXPECT_EQ(scrub(packet), AnswerStatus::Malformed) << "half a million units of work for 64 KB";
    // The same owners cost one unit of work each when they point to a name.
    std::string many = "a";
    for (unsigned i = 0; i < 119; ++i) many += ".a";
    ask(many, RrType::A);
    Packet cheap = answer(4000);
    for (unsigned i = 0; i < 4000; ++i) cheap.pointer(14).record(RrType::A, 60, kAddress);
    EXPECT_EQ(scrub(cheap), AnswerStatus::Ok);
}

TEST_F(MalformedAnswerTest, ManyDistinctOwners) {
    Packet packet = answer(4000);
    for (unsigned i = 0; i < 4000; ++i) packet.u8(2).u16(0x6161 + i).pointer(12).record(RrType{65280}, 60, {});
    EXPECT_EQ(scrub(packet), AnswerStatus::Ok);
}

}  // namespace
}  // namespace cenote::wire
