// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/matrix.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

#include "resolver/wire/query.h"

namespace cenote::proof {
namespace {

wire::Name name(std::string_view text) { return wire::Name::parse(text).value(); }

TEST(Matrix, EachVariantIsOnTheWireWhatItSays) {
    for (const Variant variant : kVariants) {
        std::array<std::uint8_t, 512> out{};
        const std::size_t size = write_query(
            {.name = name("deepseek.com"), .type = wire::RrType::HTTPS, .variant = variant, .chaos = false}, 77, out);
        wire::Query query;
        ASSERT_EQ(wire::parse_query(ByteView(out).first(size), query), wire::ParseStatus::Ok);
        const std::string word(variant_to_text(variant));
        EXPECT_EQ(query.id, 77);
        EXPECT_EQ(query.type, wire::RrType::HTTPS);
        EXPECT_EQ(query.name, name("deepseek.com"));
        EXPECT_TRUE(query.edns.present);
        EXPECT_TRUE(query.recursion_desired());
        EXPECT_EQ(query.edns.dnssec_ok, word.find("do") != std::string::npos) << word;
        EXPECT_EQ(query.checking_disabled(), word.find("cd") != std::string::npos) << word;
        const std::string sent(query.question.begin() + 1, query.question.begin() + 9);
        EXPECT_EQ(sent == "deepseek", variant != Variant::MixedCase) << sent;
        EXPECT_NE(sent, "DEEPSEEK");
    }
}

TEST(Matrix, EveryTypeOfTheContractIsAskedOnce) {
    using wire::RrType;
    const std::set<RrType> types(kTypes.begin(), kTypes.end());
    EXPECT_EQ(types, (std::set<RrType>{RrType::A, RrType::AAAA, RrType::HTTPS, RrType::SVCB, RrType::ANY, RrType::TXT,
                                       RrType::MX, RrType::DS}));
    EXPECT_EQ(types.size(), kTypes.size());
}

TEST(Matrix, TransportsHaveDifferentNames) {
    std::set<std::string_view> words;
    for (const Transport transport : kTransports) words.insert(transport_to_text(transport));
    EXPECT_EQ(words.size(), kTransports.size());
}

}  // namespace
}  // namespace cenote::proof
