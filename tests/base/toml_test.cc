// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> lines(const Diagnostics& diagnostics) {
    std::vector<std::string> lines;
    for (const auto& diagnostic : diagnostics.all()) lines.push_back(diagnostic.to_string());
    return lines;
}

/// All that is wrong with `text` once `read` took what it wanted.
std::vector<std::string> mistakes(std::string_view text, const std::function<void(const TomlTable&)>& read) {
    Diagnostics diagnostics;
    if (const auto file = TomlFile::parse(text, "f", diagnostics)) {
        read(file->root());
        file->finish();
    }
    return lines(diagnostics);
}

void read_key(const TomlTable& root) { static_cast<void>(root.text("key")); }

TEST(Toml, GivesWhatIsWritten) {
    const auto found =
        mistakes(R"(
text = "보안"
texts = ["a", "b"]
yes = true
number = -3
wait = "15m"
room = "64MiB"
[inner]
starts = 2025-02-06T09:00:00+09:00
ends = "2026-12-31T23:59:59Z"
seen = 2025-02-28
reason = { en = "Under assessment", ko = "보안 점검 중" }
[[each]]
id = "one"
[[each]]
id = "two"
)",
                 [](const TomlTable& root) {
                     EXPECT_EQ(root.text("text")->value, "보안");
                     const auto texts = root.texts("texts");
                     ASSERT_EQ(texts.size(), 2U);
                     EXPECT_EQ(texts[1].value, "b");
                     EXPECT_EQ(texts[1].place.line, 3U);
                     EXPECT_EQ(texts[1].place.column, 15U);
                     EXPECT_EQ(root.boolean("yes"), true);
                     EXPECT_EQ(root.integer("number", -3, 3), -3);
                     EXPECT_EQ(root.duration("wait"), std::chrono::minutes(15));
                     EXPECT_EQ(root.size("room"), 64U << 20);
                     const auto inner = root.table("inner");
                     ASSERT_TRUE(inner);
                     EXPECT_EQ(format_time(*inner->time("starts")), "2025-02-06T00:00:00Z");
                     EXPECT_EQ(format_time(*inner->time("ends")), "2026-12-31T23:59:59Z");
                     EXPECT_EQ(inner->date("seen"), std::chrono::sys_days(std::chrono::year(2025) / 2 / 28));
                     const auto reason = inner->text_map("reason");
                     ASSERT_EQ(reason.size(), 2U);
                     EXPECT_EQ(reason[0].first, "en");
                     EXPECT_EQ(reason[1].second.value, "보안 점검 중");
                     const auto each = root.tables("each");
                     ASSERT_EQ(each.size(), 2U);
                     EXPECT_EQ(each[0].required_text("id")->value, "one");
                     EXPECT_EQ(each[1].required_text("id")->value, "two");
                     EXPECT_EQ(each[1].place().line, 15U);
                 });
    EXPECT_THAT(found, IsEmpty());
}

TEST(Toml, WhatIsNotThereIsNoMistake) {
    const auto found = mistakes("", [](const TomlTable& root) {
        EXPECT_FALSE(root.text("x") || root.boolean("x") || root.integer("x", 0, 1) || root.duration("x"));
        EXPECT_FALSE(root.size("x") || root.time("x") || root.date("x") || root.table("x") || root.has("x"));
        EXPECT_TRUE(root.texts("x").empty() && root.tables("x").empty() && root.text_map("x").empty());
    });
    EXPECT_THAT(found, IsEmpty());
}

TEST(Toml, ARequiredTextThatIsMissingIsAMistakeOfItsTable) {
    EXPECT_THAT(mistakes("[[list]]\nformat = 'hosts'\n",
                         [](const TomlTable& root) {
                             const auto list = root.tables("list").front();
                             EXPECT_FALSE(list.required_text("id"));
                             EXPECT_TRUE(list.text("format"));
                         }),
                ElementsAre("f:1:1: 'id' is missing; write id = \"…\""));
}

TEST(Toml, AWrongTypeSaysWhatToWrite) {
    const auto found = mistakes(R"(
text = 1
texts = "a"
yes = "true"
number = 1.5
wait = 30
room = 64
starts = 9
seen = "2025-02-28"
inner = []
each = { id = "x" }
reason = "x"
)",
                                [](const TomlTable& root) {
                                    EXPECT_FALSE(root.text("text"));
                                    EXPECT_TRUE(root.texts("texts").empty());
                                    EXPECT_FALSE(root.boolean("yes"));
                                    EXPECT_FALSE(root.integer("number", 1, 9));
                                    EXPECT_FALSE(root.duration("wait"));
                                    EXPECT_FALSE(root.size("room"));
                                    EXPECT_FALSE(root.time("starts"));
                                    EXPECT_FALSE(root.date("seen"));
                                    EXPECT_FALSE(root.table("inner"));
                                    EXPECT_TRUE(root.tables("each").empty());
                                    EXPECT_TRUE(root.text_map("reason").empty());
                                });
    EXPECT_THAT(
        found,
        ElementsAre("f:2:8: 'text' is an integer; write a text in quotes",
                    "f:3:9: 'texts' is a text; write an array of texts in quotes",
                    "f:4:7: 'yes' is a text; write true or false, without quotes",
                    "f:5:10: 'number' is a fraction; write a whole number from 1 to 9",
                    "f:6:8: 'wait' is an integer; write a duration in quotes, such as \"30s\"",
                    "f:7:8: 'room' is an integer; write a size in quotes, such as \"64MiB\"",
                    "f:8:10: 'starts' is an integer; write a time with its offset, such as 2026-12-31T23:59:59+09:00",
                    "f:9:8: 'seen' is a text; write a date without quotes, such as 2026-12-31",
                    "f:10:9: 'inner' is an array; write a table: [inner]",
                    "f:11:8: 'each' is a table; write tables of their own: [[each]]",
                    "f:12:10: 'reason' is a text; write a table of texts: reason = { en = \"…\" }"));
}

TEST(Toml, AValueOutOfItsRangeOrForm) {
    const auto found =
        mistakes("port = 70000\nwait = '30'\nroom = '64MB'\nitems = ['a', 1]\nreason = { en = 1 }\neach = [1]",
                 [](const TomlTable& root) {
                     EXPECT_FALSE(root.integer("port", 1, 65535));
                     EXPECT_FALSE(root.duration("wait"));
                     EXPECT_FALSE(root.size("room"));
                     EXPECT_EQ(root.texts("items").size(), 1U);
                     EXPECT_TRUE(root.text_map("reason").empty());
                     EXPECT_TRUE(root.tables("each").empty());
                 });
    ASSERT_EQ(found.size(), 6U);
    EXPECT_EQ(found[0], "f:1:8: 'port' is 70000; write a whole number from 1 to 65535");
    EXPECT_THAT(found[1], HasSubstr("f:2:8: 'wait': '30' is not a duration; write"));
    EXPECT_THAT(found[2], HasSubstr("f:3:8: 'room': '64MB' is not a size; write"));
    EXPECT_EQ(found[3], "f:4:15: 'items' has an integer in it; write a text in quotes");
    EXPECT_EQ(found[4], "f:5:17: 'reason' has an integer in it; write a text in quotes");
    EXPECT_EQ(found[5], "f:6:9: 'each' is an integer; write tables of their own: [[each]]");
}

TEST(Toml, ATimeWithoutAnOffsetSaysHowToWriteOne) {
    for (const char* text : {"key = 2026-12-31T23:59:59", "key = '2026-12-31T23:59:59'"})
        EXPECT_THAT(mistakes(text, [](const TomlTable& root) { EXPECT_FALSE(root.time("key")); }),
                    ElementsAre("f:1:7: 'key': the time '2026-12-31T23:59:59' has no offset from UTC; write "
                                "2026-12-31T23:59:59+09:00 or 2026-12-31T23:59:59Z"));
    EXPECT_THAT(mistakes("key = 2026-12-31", [](const TomlTable& root) { EXPECT_FALSE(root.time("key")); }),
                ElementsAre("f:1:7: 'key': '2026-12-31' is a date without a time; write 2026-12-31T00:00:00+09:00 or "
                            "2026-12-31T00:00:00Z"));
}

TEST(Toml, OffsetsOnEitherSideOfUtcAreTakenOff) {
    EXPECT_THAT(mistakes("a = 2026-01-01T00:00:00-05:30\nb = 2026-01-01T00:00:00.9Z",
                         [](const TomlTable& root) {
                             EXPECT_EQ(format_time(*root.time("a")), "2026-01-01T05:30:00Z");
                             EXPECT_EQ(format_time(*root.time("b")), "2026-01-01T00:00:00Z");
                         }),
                IsEmpty());
}

TEST(Toml, UnknownKeysAreFoundAtAnyDepthAndNamedTheNearest) {
    const auto found = mistakes(R"(
[upstrem]
servers = []
[upstream]
serves = []
[[upstream.route]]
zone = "a"
[[upstream.route]]
zome = "b"
colour = "red"
)",
                                [](const TomlTable& root) {
                                    const auto upstream = root.table("upstream");
                                    ASSERT_TRUE(upstream);
                                    EXPECT_TRUE(upstream->texts("servers").empty());
                                    for (const auto& route : upstream->tables("route"))
                                        static_cast<void>(route.text("zone"));
                                });
    EXPECT_THAT(found, testing::UnorderedElementsAre("f:2:2: unknown key 'upstrem'; did you mean 'upstream'?",
                                                     "f:5:1: unknown key 'serves'; did you mean 'servers'?",
                                                     "f:9:1: unknown key 'zome'; did you mean 'zone'?",
                                                     "f:10:1: unknown key 'colour'; remove it"));
}

TEST(Toml, ReadingATableTwiceIsReadingTheSame) {
    EXPECT_THAT(mistakes("[a]\nx = 1\ny = 2\n[[b]]\nz = 3\nw = 4",
                         [](const TomlTable& root) {
                             static_cast<void>(root.table("a")->has("x"));
                             static_cast<void>(root.table("a")->has("y"));
                             static_cast<void>(root.tables("b").front().has("z"));
                             static_cast<void>(root.tables("b").front().has("w"));
                         }),
                IsEmpty());
}

TEST(Toml, TheTextMapsFreeKeysAreKnown) {
    EXPECT_THAT(mistakes("key = { en = 'x', tlh = 'y' }",
                         [](const TomlTable& root) { EXPECT_EQ(root.text_map("key").size(), 2U); }),
                IsEmpty());
}

TEST(Toml, PlacesOfKeysAndOfTablesWithoutThem) {
    const auto found = mistakes("a = 1\n[t]\n  x = 'y'\n", [](const TomlTable& root) {
        const auto table = root.table("t");
        EXPECT_EQ(table->place("x").line, 3U);
        EXPECT_EQ(table->place("x").column, 7U);
        EXPECT_EQ(table->place("none").line, 2U);
        EXPECT_EQ(root.place("a").file, "f");
    });
    EXPECT_EQ(found.size(), 2U);  // asking for a place does not make a key known
    EXPECT_THAT(mistakes("[t]\nkey = 'y'\n", [](const TomlTable& root) { root.table("t")->error("key", "is odd"); }),
                testing::Contains("f:2:7: is odd"));
}

TEST(Toml, ASyntaxErrorIsOneMistakeWithItsPlace) {
    for (const auto& [text, place] :
         std::initializer_list<std::pair<const char*, const char*>>{{"a = 1\nb = \n", "f:2:5: "},
                                                                    {"a = 'x\n", "f:1:7: "},
                                                                    {"a = 1\na = 2\n", "f:2:5: "},
                                                                    {"a = 2026-02-30", "f:1:"},
                                                                    {"a = \xff", "f:1:"},
                                                                    {"a = 99999999999999999999", "f:1:"}}) {
        const auto found = mistakes(text, read_key);
        ASSERT_EQ(found.size(), 1U) << text;
        EXPECT_THAT(found[0], testing::StartsWith(place));
        EXPECT_THAT(found[0], HasSubstr("the rest of the file was not read"));
    }
}

TEST(Toml, DepthIsBounded) {
    std::string dots = "a";
    for (int i = 0; i < 200'000; ++i) dots += ".a";
    EXPECT_THAT(mistakes("\n" + dots + " = 1", read_key),
                ElementsAre("f:2:1: more than 127 dots in a row of keys; the file was not read"));
    EXPECT_EQ(mistakes("a = " + std::string(200'000, '['), read_key).size(), 1U);
    std::string deepest;
    for (int i = 0; i < 31; ++i) deepest += "{" + dots.substr(0, 253) + "=";
    EXPECT_EQ(mistakes("x = " + deepest + "1" + std::string(31, '}'), read_key).size(), 1U);  // unknown key 'x'
}

TEST(Toml, LoadsAFileAndSaysWhenItCannot) {
    const testing_support::TemporaryFolder folder;
    const std::string text = "key = 'x'\nother = 1\n";
    const ByteView content(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    ASSERT_TRUE(publish_file(folder / "a.toml", content, 0600));
    Diagnostics diagnostics;
    const auto file = TomlFile::load(folder / "a.toml", diagnostics);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->root().text("key")->value, "x");
    file->finish();
    EXPECT_THAT(lines(diagnostics), ElementsAre((folder / "a.toml").string() + ":2:1: unknown key 'other'; remove it"));

    EXPECT_FALSE(TomlFile::load(folder / "none.toml", diagnostics));
    EXPECT_THAT(diagnostics.all().back().to_string(), HasSubstr("No such file"));
}

}  // namespace
}  // namespace cenote
