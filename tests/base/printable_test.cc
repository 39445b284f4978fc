// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/printable.h"

#include <gtest/gtest.h>

#include <array>

namespace cenote {
namespace {

TEST(Printable, LeavesWhatPeopleWrite) {
    for (const char* text : {"", "plain", "개인정보 보호 점검", "é ü 例", "\U0001f468\u200d\U0001f469", "a\\b {c}"})
        EXPECT_EQ(printable(text), text);
}

TEST(Printable, EscapesWhatSpeaksToATerminalOrBeginsALine) {
    EXPECT_EQ(printable("a\x1b[2Jb\nc\td\x7f"), "a\\u{1b}[2Jb\\u{0a}c\\u{09}d\\u{7f}");
    EXPECT_EQ(printable(std::string_view("\0", 1)), "\\u{00}");
    EXPECT_EQ(printable("\u009b2J\u0085"), "\\u{9b}2J\\u{85}") << "C1: the control sequence introducer, next line";
    EXPECT_EQ(printable("\u2028\u2029"), "\\u{2028}\\u{2029}");
}

TEST(Printable, EscapesWhatMakesOneTextLookLikeAnother) {
    EXPECT_EQ(printable("\u202egro.elpmaxe\u202c"), "\\u{202e}gro.elpmaxe\\u{202c}");
    EXPECT_EQ(printable("\u2066\u2069\u200e\u200f\u061c"), "\\u{2066}\\u{2069}\\u{200e}\\u{200f}\\u{61c}");
    EXPECT_EQ(printable("dns1\u200b-1\ufeff\u00ad"), "dns1\\u{200b}-1\\u{feff}\\u{ad}");
    EXPECT_EQ(printable("\U000e0041"), "\\u{e0041}");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
    EXPECT_EQ(printable("\x9b"), "\\x{9b}") << "C1 as one byte";
    EXPECT_EQ(printable("\xff\xc3"), "\\x{ff}\\x{c3}");
    EXPECT_EQ(printable("\xc0\x9b"), "\\x{c0}\\x{9b}") << "overlong";
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\x{ed}\\x{a0}\\x{80}") << "a surrogate";
    EXPECT_EQ(printable("\xea\xb0"), "\\x{ea}\\x{b0}") << "cut off";
}

TEST(Printable, ChangesNothingTheSecondTime) {
    const std::string once = printable("\x1b\u202e\xff");
    EXPECT_EQ(printable(once), once);
}

TEST(PrintableJson, KeepsTheValueAndTheLines) {
    EXPECT_EQ(printable_json("{\n  \"a\": \"\u202e\u009b\x7f보안\U000e0041\"\n}"),
              "{\n  \"a\": \"\\u202e\\u009b\\u007f보안\\udb40\\udc41\"\n}");
}

TEST(CopyPrintable, IsCutBetweenCharacters) {
    std::array<char, 10> room{};
    const auto copied = [&room](std::string_view text) { return std::string(room.data(), copy_printable(text, room)); };
    EXPECT_EQ(copied("short"), "short");
    EXPECT_EQ(copied("보안점검"), "보안점");
    EXPECT_EQ(copied("12345\x1b"), "12345");
    EXPECT_EQ(copied("1234\x1b"), "1234\\u{1b}");
}

TEST(Utf8, IsStrict) {
    for (const char* good : {"", "a", "é", "한글", "😀", "\xf4\x8f\xbf\xbf"}) EXPECT_TRUE(is_utf8(good)) << good;
    EXPECT_TRUE(is_utf8(std::string_view("\0", 1)));
    for (const char* bad : {"\x80", "\xc2", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
                            "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "a\xff"})
        EXPECT_FALSE(is_utf8(bad)) << printable(bad);
}

}  // namespace
}  // namespace cenote
