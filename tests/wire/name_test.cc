// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/name.h"

#include <gtest/gtest.h>

#include "resolver/wire/fold.h"
#include "tests/support/packet.h"

namespace cenote::wire {
namespace {

using test::Packet;

std::vector<std::uint8_t> bytes_of(ByteView view) { return {view.begin(), view.end()}; }

/// 12 bytes instead of a header, then the name.
struct ReadResult {
    bool ok = false;
    Name name;
    std::size_t end = 0;
};
ReadResult read_at(const Packet& packet, std::size_t offset) {
    ReadResult result;
    result.ok = result.name.read(packet.view(), offset, result.end);
    return result;
}
Packet after_header() { return Packet().u32(0).u32(0).u32(0); }

TEST(FoldTest, AgreesWithTheBytewiseFoldForEveryByteAtEveryPlace) {
    for (std::size_t size = 0; size <= 40; ++size)
        for (unsigned start = 0; start < 256; ++start) {
            std::vector<std::uint8_t> from(size), to(size, 0xee);
            for (std::size_t i = 0; i < size; ++i) from[i] = static_cast<std::uint8_t>(start + i * 7);
            fold(from.data(), to.data(), size);
            for (std::size_t i = 0; i < size; ++i) {
                const std::uint8_t c = from[i];
                ASSERT_EQ(to[i], c >= 'A' && c <= 'Z' ? c + 32 : c) << "byte " << unsigned{c} << " at " << i;
            }
        }
}

TEST(NameTest, ParseFoldsAndCountsLabels) {
    const auto name = Name::parse("WwW.ExAmPlE.Com.");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->labels(), 3);
    EXPECT_EQ(name->to_string(), "www.example.com");
    EXPECT_EQ(bytes_of(name->wire()), test::wire_name("www.example.com"));
    EXPECT_EQ(bytes_of(name->suffix(2)), test::wire_name("example.com"));
    EXPECT_EQ(bytes_of(name->suffix(0)), test::wire_name(""));
    EXPECT_EQ(name->offset(1), 4);
    EXPECT_EQ(name->offset(3), 16);
    EXPECT_EQ(*name, *Name::parse("www.example.com"));
}

TEST(NameTest, ParseKnowsTheRoot) {
    const auto root = Name::parse(".");
    ASSERT_TRUE(root);
    EXPECT_EQ(*root, Name());
    EXPECT_EQ(root->labels(), 0);
    EXPECT_EQ(root->to_string(), ".");
}

TEST(NameTest, ParseUnderstandsEscapes) {
    const auto name = Name::parse(R"(a\.b\065\\\000\255.c)");
    ASSERT_TRUE(name);
    EXPECT_EQ(name->labels(), 2);
    EXPECT_EQ(bytes_of(name->wire()), (Packet().u8(7).text("a.ba\\").u8(0).u8(255).u8(1).text("c").u8(0).data));
    EXPECT_EQ(name->to_string(), R"(a\.ba\\\000\255.c)");
}

TEST(NameTest, ParseRefusesWhatIsNoName) {
    for (const char* text : {"", "..", ".a", "a..b", "a..", R"(a\)", R"(a\2)", R"(a\25)", R"(a\256)", R"(a\2x5)", "a b",
                             "a\tb", "a\nb", "b\xc3\xbc", "\x7f", "a\\\n", "\\\xff"})
        EXPECT_FALSE(Name::parse(text)) << text;
}

TEST(NameTest, ParseHoldsTheLimits) {
    const std::string label63(63, 'a');
    EXPECT_TRUE(Name::parse(label63));
    EXPECT_FALSE(Name::parse(label63 + "a"));
    const std::string three = label63 + "." + label63 + "." + label63 + ".";
    const auto longest = Name::parse(three + std::string(61, 'b'));
    ASSERT_TRUE(longest);
    EXPECT_EQ(longest->wire().size(), Name::kBytesMax);
    EXPECT_EQ(*longest, *Name::parse(three + std::string(61, 'b') + "."));
    EXPECT_FALSE(Name::parse(three + std::string(62, 'b')));
    std::string many = "a";
    for (int i = 1; i < 127; ++i) many += ".a";
    const auto deepest = Name::parse(many);
    ASSERT_TRUE(deepest);
    EXPECT_EQ(deepest->labels(), Name::kLabelsMax);
    EXPECT_FALSE(Name::parse(many + ".a"));
}

TEST(NameTest, TextOfEveryByteComesBack) {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const Packet packet = Packet().u8(3).u8('x').u8(byte).u8('y').u8(0);
        Name name;
        std::size_t end = 0;
        ASSERT_TRUE(name.read_uncompressed(packet.view(), end));
        const std::string text = name.to_string();
        for (const char c : text) EXPECT_TRUE(c > ' ' && c <= '~') << byte;
        const auto again = Name::parse(text);
        ASSERT_TRUE(again) << text;
        EXPECT_EQ(*again, name);
    }
}

TEST(NameTest, IsBelowHoldsLabelBoundaries) {
    const Name example = *Name::parse("example.com");
    EXPECT_TRUE(Name::parse("example.com")->is_below_or_equal(example));
    EXPECT_TRUE(Name::parse("a.example.com")->is_below_or_equal(example));
    EXPECT_FALSE(Name::parse("notexample.com")->is_below_or_equal(example));
    EXPECT_FALSE(Name::parse("com")->is_below_or_equal(example));
    EXPECT_FALSE(Name::parse(R"(a\.example.com)")->is_below_or_equal(example));
    EXPECT_TRUE(example.is_below_or_equal(Name()));
}

TEST(NameTest, ReadsUncompressed) {
    const Packet packet = Packet().name("ExAmple.COM").text("tail");
    Name name;
    std::size_t end = 0;
    ASSERT_TRUE(name.read_uncompressed(packet.view(), end));
    EXPECT_EQ(end, 13U);
    EXPECT_EQ(name.to_string(), "example.com");
}

TEST(NameTest, AFailedReadLeavesTheRoot) {
    Name name = *Name::parse("example.com");
    std::size_t end = 0;
    EXPECT_FALSE(name.read_uncompressed(Packet().u8(3).text("ab").view(), end));
    EXPECT_EQ(name, Name());
}

TEST(NameTest, FollowsPointers) {
    const Packet packet = after_header().name("Example.com").u8(3).text("www").pointer(12).pointer(25).u8(7);
    const ReadResult www = read_at(packet, 25);
    ASSERT_TRUE(www.ok);
    EXPECT_EQ(www.name.to_string(), "www.example.com");
    EXPECT_EQ(www.end, 31U);
    const ReadResult twice = read_at(packet, 31);
    ASSERT_TRUE(twice.ok);
    EXPECT_EQ(twice.name, www.name);
    EXPECT_EQ(twice.end, 33U);
}

// RFC 9267 §2: a pointer that goes nowhere, forwards, to itself or in a circle.
TEST(Rfc9267Section2Test, PointersMustGoBackwards) {
    EXPECT_FALSE(read_at(after_header().pointer(12), 12).ok) << "to itself";
    EXPECT_FALSE(read_at(after_header().pointer(14).u8(0), 12).ok) << "forwards";
    EXPECT_FALSE(read_at(after_header().pointer(14).pointer(12), 14).ok) << "in a circle";
    EXPECT_FALSE(read_at(after_header().u8(1).text("a").pointer(12), 12).ok) << "to the name's own start";
    EXPECT_FALSE(read_at(after_header().pointer(0x3fff), 12).ok) << "past the end";
    EXPECT_FALSE(read_at(after_header().pointer(4), 12).ok) << "into the header";
    EXPECT_FALSE(read_at(after_header().u8(0xc0), 12).ok) << "cut in two";
}

TEST(Rfc9267Section2Test, PointerChainsEnd) {
    Packet packet = after_header().u8(0);
    for (unsigned i = 0; i < 127; ++i) packet.pointer(i == 0 ? 12 : 13 + 2 * (i - 1));
    EXPECT_TRUE(read_at(packet, 13 + 2 * 125).ok) << "126 pointers";
    EXPECT_FALSE(read_at(packet, 13 + 2 * 126).ok) << "127 pointers";
}

// RFC 9267 §3: labels and names whose lengths lie; label types 0x40 and 0x80.
TEST(Rfc9267Section3Test, LengthsAreChecked) {
    Name name;
    std::size_t end = 0;
    const auto refused = [&](const Packet& packet) {
        std::size_t offset = 12;
        const Packet framed = after_header().bytes(packet.data);
        return !name.read_uncompressed(packet.view(), end) && !name.read(framed.view(), 12, end) &&
               !skip_name(framed.view(), offset);
    };
    EXPECT_TRUE(refused(Packet()));
    EXPECT_TRUE(refused(Packet().u8(1)));
    EXPECT_TRUE(refused(Packet().u8(5).text("abc").u8(0)));
    EXPECT_TRUE(refused(Packet().u8(3).text("abc"))) << "no root byte";
    EXPECT_TRUE(refused(Packet().u8(0x40).text(std::string(64, 'a')).u8(0)));
    EXPECT_TRUE(refused(Packet().u8(0x80).text(std::string(128, 'a')).u8(0)));
}

TEST(Rfc9267Section3Test, NamesEndAt255Bytes) {
    const std::string label63(63, 'a');
    const std::string three = label63 + "." + label63 + "." + label63 + ".";
    Name name;
    std::size_t end = 0;
    EXPECT_TRUE(name.read_uncompressed(Packet().name(three + std::string(61, 'b')).view(), end));
    EXPECT_EQ(end, 255U);
    EXPECT_FALSE(name.read_uncompressed(Packet().name(three + std::string(62, 'b')).view(), end));
    // Also when a pointer puts it together (CVE-2026-2291).
    const Packet fits = after_header().name(three + "b").u8(59).text(std::string(59, 'c')).pointer(12);
    EXPECT_TRUE(read_at(fits, 207).ok);
    EXPECT_EQ(read_at(fits, 207).name.wire().size(), 255U);
    const Packet over = after_header().name(three + "b").u8(60).text(std::string(60, 'c')).pointer(12);
    EXPECT_FALSE(read_at(over, 207).ok);
}

TEST(NameTest, ReadHoldsTheLabelCount) {
    Packet packet = after_header();
    for (int i = 0; i < 127; ++i) packet.u8(1).text("a");
    packet.u8(0);
    const ReadResult deepest = read_at(packet, 12);
    ASSERT_TRUE(deepest.ok);
    EXPECT_EQ(deepest.name.labels(), 127);
    Packet over = after_header();
    for (int i = 0; i < 128; ++i) over.u8(1).text("a");
    EXPECT_FALSE(read_at(over.u8(0), 12).ok);
}

TEST(SkipNameTest, StepsOver) {
    const Packet packet = after_header().name("example.com").u8(1).text("a").pointer(12).u8(0);
    std::size_t at = 12;
    ASSERT_TRUE(skip_name(packet.view(), at));
    EXPECT_EQ(at, 25U);
    ASSERT_TRUE(skip_name(packet.view(), at));
    EXPECT_EQ(at, 29U);
    ASSERT_TRUE(skip_name(packet.view(), at));
    EXPECT_EQ(at, 30U);
    EXPECT_FALSE(skip_name(packet.view(), at));
}

}  // namespace
}  // namespace cenote::wire
