// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/print.h"

#include <gtest/gtest.h>

namespace cenote::cli {
namespace {

TEST(Cell, ShowsEveryKindOfValue) {
    EXPECT_EQ(cell(Json()), "-");
    EXPECT_EQ(cell(Json("")), "-");
    EXPECT_EQ(cell(Json("text")), "text");
    EXPECT_EQ(cell(Json(7)), "7");
    EXPECT_EQ(cell(Json(true)), "yes");
    EXPECT_EQ(cell(Json::array({"a", "b"})), "a b");
    EXPECT_EQ(cell(Json::array()), "-");
    EXPECT_EQ(cell(Json{{"a", 1}}, "a"), "1");
    EXPECT_EQ(cell(Json{{"a", 1}}, "b"), "-");
}

TEST(Cell, ControlCharactersAreEscaped) { EXPECT_EQ(cell(Json("a\x1b[0m\nb\x7f")), "a\\u{1b}[0m\\u{0a}b\\u{7f}"); }

TEST(TableTest, EscapesControlCharacters) {
    Table table({"NUMBER", "NOTE"});
    table.add({"1", "x\n2  forged\u202e"});
    testing::internal::CaptureStdout();
    table.print();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "1  x\\u{0a}2  forged\\u{202e}\n");
}

TEST(PrintJson, EscapesControlCharactersAndKeepsTheValue) {
    const Json row{{"note", "\u009b2J\u202e\n"}};
    testing::internal::CaptureStdout();
    print_json(row);
    const std::string printed = testing::internal::GetCapturedStdout();
    EXPECT_EQ(printed.find("\u009b"), std::string::npos);
    EXPECT_EQ(printed.find("\u202e"), std::string::npos);
    EXPECT_EQ(Json::parse(printed), row);
}

TEST(Coloured, LeavesWordsAloneOutsideATerminal) { EXPECT_EQ(coloured("block"), "block"); }

TEST(TableTest, AlignsColumnsAndEndsLinesClean) {
    Table table({"A", "B", "C"});
    table.add({"산업부", "x", "y"});
    table.add({"lab", "longer", ""});
    testing::internal::CaptureStdout();
    table.print();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "산업부  x       y\nlab     longer\n");
}

}  // namespace
}  // namespace cenote::cli
