// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/packet.h"

namespace cenote::wire {
namespace {

using test::join;
using test::Packet;
using test::wire_name;
using testing::HasSubstr;
using Bytes = std::vector<std::uint8_t>;

TEST(ToTextTest, LooksLikeDig) {
    const Packet packet = Packet()
                              .header(4711, 0x8180, 1, 1, 0, 1)
                              .question("www.example.com", RrType::A, RrClass::IN)
                              .pointer(12)
                              .record(RrType::A, 300, {192, 0, 2, 1})
                              .opt();
    const auto text = to_text(packet.view());
    ASSERT_TRUE(text.ok());
    EXPECT_THAT(*text, HasSubstr("id: 4711"));
    EXPECT_THAT(*text, HasSubstr("www.example.com.\t300\tIN\tA\t192.0.2.1"));
}

TEST(ToTextTest, SaysWhatIsWrong) {
    const auto text = to_text(Packet().header(1, 0x8180, 1, 0, 0, 0).view());
    ASSERT_FALSE(text.ok());
    EXPECT_FALSE(text.error().text.empty());
    EXPECT_FALSE(to_text({}).ok());
}

TEST(ParseTypeTest, KnowsNamesAndNumbers) {
    EXPECT_EQ(parse_type("A"), RrType::A);
    EXPECT_EQ(parse_type("https"), RrType::HTTPS);
    EXPECT_EQ(parse_type("TYPE65"), RrType::HTTPS);
    EXPECT_EQ(parse_type("type65280"), RrType{65280});
    EXPECT_EQ(parse_type("ANY"), RrType::ANY);
    for (const char* text :
         {"", "FOO", "A ", "TYPE", "TYPE0", "TYPE65536", "TYPE70000", "TYPE1x", "TYPE-1", "TYPE 1", "65"})
        EXPECT_FALSE(parse_type(text)) << text;
}

TEST(TypeToTextTest, EveryTypeComesBack) {
    EXPECT_EQ(type_to_text(RrType::HTTPS), "HTTPS");
    EXPECT_EQ(type_to_text(RrType{65280}), "TYPE65280");
    for (unsigned type = 1; type < 65536; ++type)
        ASSERT_EQ(parse_type(type_to_text(static_cast<RrType>(type))), static_cast<RrType>(type)) << type;
}

TEST(RdataFromTextTest, WritesWhatAZoneFileWould) {
    const auto rdata = [](RrType type, std::string_view text) {
        const auto result = rdata_from_text(type, text);
        return result.ok() ? *result : Bytes{};
    };
    EXPECT_EQ(rdata(RrType::A, "10.0.0.10"), (Bytes{10, 0, 0, 10}));
    EXPECT_EQ(rdata(RrType::AAAA, "::1").size(), 16U);
    EXPECT_EQ(rdata(RrType::CNAME, "intranet.example."), wire_name("intranet.example"));
    EXPECT_EQ(rdata(RrType::CNAME, "intranet.example"), wire_name("intranet.example"));
    EXPECT_EQ(rdata(RrType::TXT, R"("a b" c)"), (Bytes{3, 'a', ' ', 'b', 1, 'c'}));
    EXPECT_EQ(rdata(RrType::MX, "10 mx.example."), join({{0, 10}, wire_name("mx.example")}));
    EXPECT_EQ(rdata(RrType::HTTPS, "1 . alpn=h2"), (Bytes{0, 1, 0, 0, 1, 0, 3, 2, 'h', '2'}));
    EXPECT_EQ(rdata(RrType{65280}, R"(\# 3 010203)"), (Bytes{1, 2, 3}));
    EXPECT_EQ(rdata(RrType::A, R"(\# 4 0a000001)"), (Bytes{10, 0, 0, 1}));
}

TEST(RdataFromTextTest, RefusesWhatIsNoneOfTheType) {
    for (const auto& [type, text] : std::vector<std::pair<RrType, std::string>>{{RrType::A, ""},
                                                                                {RrType::A, "10.0.0"},
                                                                                {RrType::A, "10.0.0.1 10.0.0.2"},
                                                                                {RrType::A, R"(\# 3 010203)"},
                                                                                {RrType::CNAME, "a..b"},
                                                                                {RrType::MX, "mx.example."},
                                                                                {RrType::A, "10.0.0.1\n10.0.0.2"},
                                                                                {RrType::ANY, "x"}}) {
        const auto result = rdata_from_text(type, text);
        ASSERT_FALSE(result.ok()) << text;
        EXPECT_FALSE(result.error().text.empty());
    }
}

}  // namespace
}  // namespace cenote::wire
