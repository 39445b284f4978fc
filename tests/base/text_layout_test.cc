// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/text_layout.h"

#include <gmock/gmock.h>

namespace cenote {
namespace {

using testing::ElementsAre;

std::string plain(std::string_view text) { return std::string(text); }
std::string in_brackets(std::string_view text) { return "[" + std::string(text) + "]"; }

TEST(WidthOf, CountsColumnsNotBytes) {
    EXPECT_EQ(width_of(""), 0U);
    EXPECT_EQ(width_of("abc"), 3U);
    EXPECT_EQ(width_of("산업부"), 6U);
    EXPECT_EQ(width_of("é"), 1U);
    EXPECT_EQ(width_of("\x1b[31mblock\x1b[0m"), 5U) << "a colour takes no column";
    EXPECT_GT(width_of("\xff\xed"), 0U) << "broken UTF-8 ends somewhere";
}

TEST(Wrapped, DividesAtBlanksThenAfterMarksThenAnywhere) {
    EXPECT_THAT(wrapped("one two three", 0), ElementsAre("one two three"));
    EXPECT_THAT(wrapped("one two three", 13), ElementsAre("one two three"));
    EXPECT_THAT(wrapped("one two three", 12), ElementsAre("one two", "three"));
    EXPECT_THAT(wrapped("one two", 3), ElementsAre("one", "two"));
    EXPECT_THAT(wrapped("domain:agency.example", 16), ElementsAre("domain:agency.", "example"));
    EXPECT_THAT(wrapped("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
    EXPECT_THAT(wrapped("", 5), ElementsAre(""));
    EXPECT_THAT(wrapped("a   ", 2), ElementsAre("a"));
}

TEST(Wrapped, KeepsCharactersWhole) {
    EXPECT_THAT(wrapped("산업통상", 5), ElementsAre("산업", "통상"));
    EXPECT_THAT(wrapped("산업", 1), ElementsAre("산", "업")) << "wider than the line, and no endless loop";
    EXPECT_THAT(wrapped("\x1b[31mblock\x1b[0m x", 5), ElementsAre("\x1b[31mblock\x1b[0m", "x"));
}

TEST(WrappedText, IndentsAllButTheFirstLine) {
    EXPECT_EQ(wrapped_text("queries    4 asked, 2 blocked, 1 cached", 24, 11),
              "queries    4 asked, 2\n           blocked, 1\n           cached");
    EXPECT_EQ(wrapped_text("short", 24, 11), "short");
    EXPECT_EQ(wrapped_text("  two words", 8, 2), "  two\n  words");
}

TEST(LayOut, ATableThatFitsIsAligned) {
    EXPECT_THAT(lay_out({{"A", "B"}, {"산업부", "x"}, {"lab", ""}}, 80, plain),
                ElementsAre("A       B", "산업부  x", "lab"));
    EXPECT_THAT(lay_out({}, 80, plain), ElementsAre());
}

TEST(LayOut, APipeIsNotWrapped) {
    const std::string wide(300, 'x');
    EXPECT_THAT(lay_out({{"A", wide, "end"}}, 0, plain), ElementsAre("A  " + wide + "  end"));
}

TEST(LayOut, WideCellsAreWrappedInTheirColumn) {
    EXPECT_THAT(lay_out({{"ID", "TARGETS", "STEP"}, {"d", "service:a service:b service:c", "block"}}, 32, plain),
                ElementsAre("ID  TARGETS                STEP",  //
                            "d   service:a service:b    block", "    service:c"));
}

TEST(LayOut, ColumnsThatDoNotFitTakeAFurtherLine) {
    EXPECT_THAT(
        lay_out({{"EXCEPTION", "DIRECTIVE", "UNTIL"}, {"dns1-1", "2026-014", "2026-12-01T00:00:00Z"}}, 30, plain),
        ElementsAre("EXCEPTION  DIRECTIVE", "    UNTIL", "dns1-1     2026-014", "    2026-12-01T00:00:00Z"));
}

TEST(LayOut, NoLineIsWiderThanTheTerminal) {
    const std::string word(70, 'w');
    for (const std::size_t columns : {20U, 33U, 40U, 80U})
        for (const auto& line :
             lay_out({{"A", "B", "C", "D"}, {word, "two words", "산업통상자원부 정보보호", word + " " + word}}, columns,
                     plain))
            EXPECT_LE(width_of(line), columns) << line;
}

TEST(LayOut, PaintsWholeCellsOnly) {
    EXPECT_THAT(lay_out({{"block", "x"}, {"much longer text", "y"}}, 12, in_brackets).front(), "[block]      [x]");
}

}  // namespace
}  // namespace cenote
