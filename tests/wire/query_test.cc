// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/query.h"

#include <gtest/gtest.h>

#include "tests/support/packet.h"

namespace cenote::wire {
namespace {

using test::edns_query;
using test::join;
using test::option;
using test::Packet;
using test::plain_query;

using Bytes = std::vector<std::uint8_t>;

ParseStatus status_of(const Packet& packet) {
    Query query;
    return parse_query(packet.view(), query);
}
ParseStatus status_of_option(unsigned code, const Bytes& value) {
    return status_of(edns_query("example.com", RrType::A, option(code, value)));
}

TEST(ParseQueryTest, ReadsTheUsualQuery) {
    const Packet packet = edns_query("WwW.eXample.com", RrType::HTTPS, option(10, Bytes(8, 7)));
    Query query;
    ASSERT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    EXPECT_EQ(query.id, 0x1234);
    EXPECT_EQ(query.opcode, Opcode::Query);
    EXPECT_EQ(query.type, RrType::HTTPS);
    EXPECT_EQ(query.rr_class, RrClass::IN);
    EXPECT_EQ(query.name.to_string(), "www.example.com");
    EXPECT_EQ(query.question.data(), packet.data.data() + 12) << "nothing is copied";
    EXPECT_EQ(query.question.size(), 21U);
    EXPECT_TRUE(query.recursion_desired());
    EXPECT_FALSE(query.checking_disabled());
    EXPECT_FALSE(query.wants_ad());
    EXPECT_TRUE(query.edns.present);
    EXPECT_EQ(query.edns.udp_size, 1232);
    EXPECT_EQ(query.edns.cookie.size(), 8U);
}

TEST(ParseQueryTest, ReadsFlags) {
    Query query;
    const Packet packet =
        Packet().header(9, 0x0030, 1, 0, 0, 1).question("a", RrType::A, RrClass::IN).opt({}, 100, 0x8000);
    ASSERT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    EXPECT_FALSE(query.recursion_desired());
    EXPECT_TRUE(query.checking_disabled());
    EXPECT_TRUE(query.wants_ad());
    EXPECT_TRUE(query.edns.dnssec_ok);
    EXPECT_EQ(query.edns.udp_size, 512) << "RFC 6891 §6.2.3";
}

TEST(ParseQueryTest, AQueryObjectCanBeUsedAgain) {
    Query query;
    const Packet first = edns_query("example.com", RrType::A, option(10, Bytes(8, 7)));
    ASSERT_EQ(parse_query(first.view(), query), ParseStatus::Ok);
    ASSERT_EQ(parse_query(Packet().header(1, 0, 0, 0, 0, 0).view(), query), ParseStatus::FormErr);
    EXPECT_FALSE(query.edns.present);
    EXPECT_TRUE(query.edns.cookie.empty());
    EXPECT_TRUE(query.question.empty());
}

TEST(OddClientPacketTest, AnswersAndFragmentsAreDropped) {
    EXPECT_EQ(status_of(Packet().header(1, 0x8000, 1, 0, 0, 0).question("a", RrType::A, RrClass::IN)),
              ParseStatus::Drop);
    for (std::size_t size = 0; size < 12; ++size) EXPECT_EQ(status_of(Packet().bytes(Bytes(size))), ParseStatus::Drop);
}

TEST(OddClientPacketTest, HeaderOnly) {
    for (const unsigned count : {0U, 1U, 2U, 65535U})
        EXPECT_EQ(status_of(Packet().header(1, 0x0100, count, 0, 0, 0)), ParseStatus::FormErr) << count;
    EXPECT_EQ(status_of(Packet()
                            .header(1, 0x0100, 2, 0, 0, 0)
                            .question("a", RrType::A, RrClass::IN)
                            .question("b", RrType::A, RrClass::IN)),
              ParseStatus::FormErr);
}

TEST(OddClientPacketTest, TrailingBytesAreLetBe) {
    Query query;
    const Packet packet = plain_query("example.com", RrType::A).text("whatever follows");
    ASSERT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    EXPECT_EQ(query.question.size(), 17U);
    EXPECT_EQ(status_of(edns_query("example.com", RrType::A, {}).text("x")), ParseStatus::Ok);
}

TEST(OddClientPacketTest, BadQuestionNames) {
    const auto asked = [](const Packet& name) {
        return status_of(Packet().header(1, 0x0100, 1, 0, 0, 0).bytes(name.data).u16(1).u16(1));
    };
    EXPECT_EQ(asked(Packet().pointer(12)), ParseStatus::FormErr);
    EXPECT_EQ(asked(Packet().u8(1).text("a").pointer(12)), ParseStatus::FormErr);
    EXPECT_EQ(asked(Packet().u8(0x40).text(std::string(64, 'a')).u8(0)), ParseStatus::FormErr);
    EXPECT_EQ(asked(Packet().u8(0x80).text(std::string(128, 'a')).u8(0)), ParseStatus::FormErr);
    const std::string label63(63, 'a');
    const std::string three = label63 + "." + label63 + "." + label63 + ".";
    EXPECT_EQ(asked(Packet().name(three + std::string(62, 'b'))), ParseStatus::FormErr) << "256 bytes";
    EXPECT_EQ(asked(Packet().name(three + std::string(61, 'b'))), ParseStatus::Ok) << "255 bytes";
}

TEST(OddClientPacketTest, EveryCutIsAFormatError) {
    const Packet whole = edns_query("www.example.com", RrType::A, option(10, Bytes(8, 1)));
    for (std::size_t size = 12; size < whole.data.size(); ++size) {
        Query query;
        EXPECT_EQ(parse_query(whole.view().first(size), query), ParseStatus::FormErr) << size;
    }
}

TEST(OddClientPacketTest, OtherOpcodesKeepQuestionAndOpt) {
    for (const unsigned opcode : {1U, 2U, 3U, 4U, 5U, 6U, 15U}) {
        Query query;
        const Packet packet =
            Packet().header(1, opcode << 11, 1, 0, 0, 1).question("example.com", RrType{6}, RrClass::IN).opt();
        EXPECT_EQ(parse_query(packet.view(), query), opcode == 4 ? ParseStatus::Refused : ParseStatus::NotImp);
        EXPECT_EQ(static_cast<unsigned>(query.opcode), opcode);
        EXPECT_EQ(query.question.size(), 17U);
        EXPECT_TRUE(query.edns.present);
    }
    EXPECT_EQ(status_of(Packet().header(1, 2U << 11, 0, 0, 0, 0)), ParseStatus::NotImp) << "judged before the question";
}

TEST(OddClientPacketTest, Classes) {
    const auto asked = [](unsigned rr_class) {
        return status_of(
            Packet().header(1, 0x0100, 1, 0, 0, 0).question("a", RrType::A, static_cast<RrClass>(rr_class)));
    };
    EXPECT_EQ(asked(0), ParseStatus::FormErr);
    EXPECT_EQ(asked(1), ParseStatus::Ok);
    EXPECT_EQ(asked(3), ParseStatus::Ok);
    for (const unsigned rr_class : {2U, 4U, 254U, 255U, 65535U}) EXPECT_EQ(asked(rr_class), ParseStatus::Refused);
}

TEST(OddClientPacketTest, Types) {
    const auto asked = [](RrType type) { return status_of(plain_query("a", type)); };
    for (const RrType type : {RrType{0}, RrType::OPT, RrType::TSIG, RrType::TKEY})
        EXPECT_EQ(asked(type), ParseStatus::FormErr);
    for (const RrType type : {RrType::AXFR, RrType::IXFR}) EXPECT_EQ(asked(type), ParseStatus::Refused);
    for (const RrType type : {RrType::MAILA, RrType::MAILB}) EXPECT_EQ(asked(type), ParseStatus::NotImp);
    for (const RrType type : {RrType::ANY, RrType::A, RrType{65280}, RrType{65535}})
        EXPECT_EQ(asked(type), ParseStatus::Ok);
}

TEST(OddClientPacketTest, EdnsVersionOne) {
    Query query;
    const Packet packet =
        Packet().header(1, 0, 1, 0, 0, 1).question("a", RrType::A, RrClass::IN).opt({1, 2, 3}, 1232, 0x00018000);
    EXPECT_EQ(parse_query(packet.view(), query), ParseStatus::BadVers);
    EXPECT_TRUE(query.edns.present);
    EXPECT_TRUE(query.edns.dnssec_ok);
    EXPECT_EQ(query.edns.fault, Edns::Fault::Version);
}

TEST(OddClientPacketTest, OptOutOfPlace) {
    const auto with = [](unsigned an, unsigned ns, unsigned ar) {
        return Packet().header(1, 0, 1, an, ns, ar).question("a", RrType::A, RrClass::IN);
    };
    EXPECT_EQ(status_of(with(0, 0, 2).opt().opt()), ParseStatus::FormErr) << "two";
    EXPECT_EQ(status_of(with(1, 0, 0).opt()), ParseStatus::FormErr) << "in ANSWER";
    EXPECT_EQ(status_of(with(0, 1, 0).opt()), ParseStatus::FormErr) << "in AUTHORITY";
    EXPECT_EQ(status_of(with(0, 0, 1).name("b").record(RrType::OPT, 0, {})), ParseStatus::FormErr) << "not at root";
    EXPECT_EQ(status_of(with(0, 0, 1).pointer(14).record(RrType::OPT, 0, {})), ParseStatus::FormErr) << "compressed";
    Query query;
    EXPECT_EQ(parse_query(with(0, 0, 2).opt().opt().view(), query), ParseStatus::FormErr);
    EXPECT_TRUE(query.edns.present) << "the error reply carries an OPT";
}

TEST(OddClientPacketTest, CountsThatLie) {
    EXPECT_EQ(status_of(Packet().header(1, 0, 1, 0, 0, 65535).question("a", RrType::A, RrClass::IN).opt()),
              ParseStatus::FormErr);
    EXPECT_EQ(status_of(Packet().header(1, 0, 1, 65535, 65535, 65535).question("a", RrType::A, RrClass::IN)),
              ParseStatus::FormErr);
    EXPECT_EQ(status_of(Packet().header(1, 0, 1, 0, 0, 0).question("a", RrType::A, RrClass::IN).opt()), ParseStatus::Ok)
        << "an OPT that is not announced is a trailing byte";
}

TEST(OddClientPacketTest, OtherRecordsAreStepsOver) {
    const Packet packet = Packet()
                              .header(1, 0, 1, 1, 1, 2)
                              .question("a", RrType::A, RrClass::IN)
                              .pointer(12)
                              .record(RrType::A, 1, {1, 2, 3, 4})
                              .name("b")
                              .record(RrType::SOA, 1, {})
                              .opt()
                              .name("key")
                              .record(RrType::TSIG, 0, Bytes(20));
    Query query;
    EXPECT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    EXPECT_TRUE(query.edns.present);
    Packet past = packet;
    past.data[past.data.size() - 21] = 200;  // RDLENGTH of the last record
    EXPECT_EQ(status_of(past), ParseStatus::FormErr);
}

TEST(OddClientPacketTest, OptionsThatLie) {
    EXPECT_EQ(status_of(edns_query("a", RrType::A, {0, 3, 0, 5, 1})), ParseStatus::FormErr) << "past RDATA";
    EXPECT_EQ(status_of(edns_query("a", RrType::A, {0, 3, 0})), ParseStatus::FormErr) << "half a header";
    EXPECT_EQ(status_of(edns_query("a", RrType::A, join({option(65001, {1, 2}), {9}}))), ParseStatus::FormErr);
}

TEST(OddClientPacketTest, CookieLengths) {
    for (std::size_t size = 0; size <= 48; ++size)
        EXPECT_EQ(status_of_option(10, Bytes(size, 1)),
                  size == 8 || (size >= 16 && size <= 40) ? ParseStatus::Ok : ParseStatus::FormErr)
            << size;
}

TEST(OddClientPacketTest, ABadCookieIsNotHandedOn) {
    Query query;
    EXPECT_EQ(parse_query(edns_query("a", RrType::A, option(10, Bytes(700, 1))).view(), query), ParseStatus::FormErr);
    EXPECT_TRUE(query.edns.cookie.empty()) << "no reply could hold it";
}

TEST(OddClientPacketTest, OnlyTheFirstCookieCounts) {
    Query query;
    const Packet packet = edns_query("a", RrType::A, join({option(10, Bytes(8, 1)), option(10, Bytes(16, 2))}));
    EXPECT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    ASSERT_EQ(query.edns.cookie.size(), 8U);
    EXPECT_EQ(query.edns.cookie[0], 1);
}

TEST(OddClientPacketTest, WithoutAQuestionACookieMayBeAskedFor) {
    const auto alone = [](const Bytes& options, unsigned count = 0, std::uint32_t ttl = 0) {
        Packet packet;
        packet.header(0x1234, 0, count, 0, 0, 1).opt(options, 1232, ttl);
        return status_of(packet);
    };
    EXPECT_EQ(alone(option(10, Bytes(8, 1))), ParseStatus::CookieOnly);
    EXPECT_EQ(alone(option(10, Bytes(24, 1))), ParseStatus::CookieOnly);
    EXPECT_EQ(alone(option(10, Bytes(9, 1))), ParseStatus::FormErr);
    EXPECT_EQ(alone({}), ParseStatus::FormErr);
    EXPECT_EQ(alone(option(10, Bytes(8, 1)), 1), ParseStatus::FormErr) << "the OPT is read as the question";
    EXPECT_EQ(alone(option(10, Bytes(8, 1)), 2), ParseStatus::FormErr);
    EXPECT_EQ(alone(option(10, Bytes(8, 1)), 0, 1U << 16U), ParseStatus::FormErr) << "another version of EDNS";
    EXPECT_EQ(alone(join({option(11, {1}), option(10, Bytes(8, 1))})), ParseStatus::FormErr);
}

TEST(OddClientPacketTest, ClientSubnets) {
    for (const Bytes& good :
         {Bytes{0, 1, 24, 0, 192, 0, 2}, Bytes{0, 1, 0, 0}, Bytes{0, 1, 32, 0, 192, 0, 2, 1},
          Bytes{0, 1, 9, 0, 10, 0x80}, Bytes{0, 2, 56, 0, 0x20, 1, 0xd, 0xb8, 0, 0, 0}, Bytes{0, 0, 0, 0}})
        EXPECT_EQ(status_of_option(8, good), ParseStatus::Ok);
    for (const Bytes& bad : {Bytes{}, Bytes{0, 1, 24}, Bytes{0, 1, 24, 0, 192, 0}, Bytes{0, 1, 24, 0, 192, 0, 2, 0},
                             Bytes{0, 1, 33, 0, 1, 2, 3, 4, 0}, Bytes{0, 1, 24, 24, 192, 0, 2}, Bytes{0, 3, 0, 0},
                             Bytes{0, 1, 9, 0, 10, 0x81}, Bytes{0, 0, 8, 0, 1}, Bytes{0, 2, 129, 0}})
        EXPECT_EQ(status_of_option(8, bad), ParseStatus::FormErr);
}

TEST(OddClientPacketTest, SignalsInOptions) {
    Query query;
    const Packet all =
        edns_query("a", RrType::A, join({option(3, {}), option(26, {}), option(11, {}), option(12, {0, 0})}));
    ASSERT_EQ(parse_query(all.view(), query), ParseStatus::Ok);
    EXPECT_TRUE(query.edns.wants_nsid);
    EXPECT_TRUE(query.edns.wants_structured_error);
    EXPECT_TRUE(query.edns.wants_keepalive);
    EXPECT_TRUE(query.edns.wants_padding);
    EXPECT_EQ(status_of_option(11, {0, 1}), ParseStatus::Keepalive) << "RFC 7828 §3.2.1";
    EXPECT_EQ(status_of_option(3, {1, 2, 3}), ParseStatus::Ok);
    ASSERT_EQ(parse_query(edns_query("a", RrType::A, option(26, {1})).view(), query), ParseStatus::Ok);
    EXPECT_FALSE(query.edns.wants_structured_error) << "its data is ignored";
}

TEST(OddClientPacketTest, ThreeHundredEmptyOptions) {
    Bytes options;
    for (unsigned i = 0; i < 300; ++i) options = join({options, option(i % 2 == 0 ? 3 : 65001, {})});
    EXPECT_EQ(status_of(edns_query("a", RrType::A, options)), ParseStatus::Ok);
}

TEST(OddClientPacketTest, ADotInALabelIsNoBoundary) {
    Query query;
    const Packet packet = Packet().header(1, 0x0100, 1, 0, 0, 0).u8(15).text("blocked.example").u8(0).u16(1).u16(1);
    ASSERT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
    EXPECT_EQ(query.name.labels(), 1);
    EXPECT_FALSE(query.name == *Name::parse("blocked.example"));
    EXPECT_EQ(query.name.to_string(), R"(blocked\.example)");
}

}  // namespace
}  // namespace cenote::wire
