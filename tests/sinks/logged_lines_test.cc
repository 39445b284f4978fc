// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/logged_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/log_files.h"

namespace cenote::sinks {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LoggedLinesTest : public testing::Test, protected testing_support::LogFiles {
protected:
    std::vector<std::string> search(const LogQuestion& question) {
        std::vector<std::string> names;
        damages_.clear();
        last_.reset();
        unread_ = find_lines(
            opened(), question,
            [&](const FoundLine& found) {
                if (names.empty()) last_ = place_of(found.line, found.hit);
                names.push_back(found.hit.name);
            },
            [this](const std::string& what) { damages_.push_back(what); });
        return names;
    }

    const WallTime kNoon = noon();
    std::vector<std::string> damages_;
    std::optional<LogPlace> last_;    // of the oldest line that was found
    std::optional<LogPlace> unread_;  // what find_lines() gave
};

TEST_F(LoggedLinesTest, AllFilesInTheirOrder) {
    add(line("one.example") + line("two.example"), false, true);
    add(line("three.example", seconds(10)), true);
    EXPECT_THAT(search({}), ElementsAre("one.example", "two.example", "three.example"));
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LoggedLinesTest, TheSpanEndsBeforeItsEnd) {
    add(line("one.example") + line("two.example", seconds(5)) + line("three.example", seconds(10)));
    LogQuestion question;
    question.span = {.from = kNoon + seconds(5), .to = kNoon + seconds(10)};
    EXPECT_THAT(search(question), ElementsAre("two.example"));
}

TEST_F(LoggedLinesTest, FiltersHoldInEachFormat) {
    std::string text;
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf})
        text += line("one.example", seconds(0), format) + line("other.example", seconds(0), format, "d2");
    add(text);
    LogQuestion question;
    question.filter.directive = "d1";
    EXPECT_THAT(search(question), ElementsAre("one.example", "one.example", "one.example"));
    question.filter.service = "beta";
    EXPECT_TRUE(search(question).empty());
}

TEST_F(LoggedLinesTest, ANameStandsForAllBelowIt) {
    add(line("deepseek.com") + line("chat.deepseek.com") + line("notdeepseek.com") + line(R"(a\.deepseek.com)"));
    LogQuestion question;
    question.name = wire::Name::parse("deepseek.com");
    EXPECT_THAT(search(question), ElementsAre("deepseek.com", "chat.deepseek.com"));
}

TEST_F(LoggedLinesTest, TheLimitGivesTheNewest) {
    add(line("one.example") + line("two.example"), false, true);
    add(line("three.example") + line("four.example"));
    LogQuestion question;
    question.limit = 3;
    EXPECT_THAT(search(question), ElementsAre("two.example", "three.example", "four.example"));
    question.limit = 1;
    EXPECT_THAT(search(question), ElementsAre("four.example"));
    question.limit = 100;
    EXPECT_EQ(search(question).size(), 4U);
}

TEST_F(LoggedLinesTest, DamageIsToldWithItsPlaceAndTheRestIsShown) {
    const std::string whole = line("one.example");
    add(whole + whole.substr(0, 50) + line("joined.example") + line("two.example") + whole.substr(0, 60));
    add("\xff\xfe" + std::string(10, '\0') + "\n" + line("three.example"), false, true);
    EXPECT_THAT(search({}), ElementsAre("one.example", "two.example", "three.example"));
    EXPECT_THAT(damages_, ElementsAre("log0:2: this is no line of a log; it is left out",
                                      "log0:4: the line was cut; it is left out",
                                      "log1.zst:1: this is no line of a log; it is left out"));
}

TEST_F(LoggedLinesTest, ALineThatIsBeingWrittenIsNoDamage) {
    add(line("one.example") + line("two.example").substr(0, 60), true);
    EXPECT_THAT(search({}), ElementsAre("one.example"));
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LoggedLinesTest, ManyDamagesTakeFewLines) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "nothing\n";
    add(text);
    EXPECT_TRUE(search({}).empty());
    ASSERT_EQ(damages_.size(), 6U);
    EXPECT_EQ(damages_.back(), "log0: 995 lines more like these");
}

TEST_F(LoggedLinesTest, ACutFileIsToldBehindItsLastLine) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += line("n" + std::to_string(i * 7919 % 20'011) + ".example");
    add(text, false, true);
    std::filesystem::resize_file(paths()[0], std::filesystem::file_size(paths()[0]) / 2);
    EXPECT_FALSE(search({}).empty());
    ASSERT_EQ(damages_.size(), 1U);
    EXPECT_THAT(damages_[0], HasSubstr("log0.zst is cut"));
}

TEST_F(LoggedLinesTest, LinesOfCefAreCounted) {
    add(line("one.example", seconds(0), LogFormat::Cef) + line("two.example"));
    EXPECT_THAT(search({}), ElementsAre("two.example"));
    ASSERT_EQ(damages_.size(), 1U);
    EXPECT_THAT(damages_[0], HasSubstr("1 lines are in the format cef"));
}

TEST_F(LoggedLinesTest, AClientIsNamedAsLinesHaveIt) {
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf})
        add(line("a.example", {}, format));
    LogQuestion question;
    question.client = "0123456789abcdef";
    EXPECT_EQ(search(question).size(), 3U);
    question.client = "0123456789abcde";
    EXPECT_THAT(search(question), IsEmpty());
}

TEST_F(LoggedLinesTest, PagesLoseAndRepeatNothing) {
    std::vector<std::string> all;
    for (int file = 0; file < 4; ++file) {
        std::string text;
        for (int i = 0; i < 7; ++i) {  // out of order by a second, and several in one
            all.push_back("n" + std::to_string(file * 7 + i) + ".example");
            text += line(all.back(), seconds(file * 10 + i / 3 + (i == 4 ? 1 : 0)));
        }
        add(text, file == 3, file < 2);
    }
    for (const std::size_t limit : {std::size_t{1}, std::size_t{3}, std::size_t{7}, std::size_t{100}}) {
        LogQuestion question;
        question.limit = limit;
        std::vector<std::string> found;
        for (auto page = search(question); !page.empty(); page = search(question)) {
            found.insert(found.begin(), page.begin(), page.end());
            question.before = last_;
        }
        EXPECT_EQ(found, all) << limit;
    }
}

TEST_F(LoggedLinesTest, WhereTheLineOfAPageIsGoneItsTimeCounts) {
    add(line("one.example") + line("two.example", seconds(1)) + line("three.example", seconds(2)));
    LogQuestion question;
    question.limit = 10;
    question.before = LogPlace{kNoon + seconds(2), "0123456789abcdef"};
    EXPECT_THAT(search(question), ElementsAre("one.example", "two.example"));
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LoggedLinesTest, DamageIsToldOnceForAPage) {
    add("nothing\n" + line("one.example") + line("two.example", seconds(1)));
    LogQuestion question;
    question.limit = 10;
    EXPECT_THAT(search(question), ElementsAre("one.example", "two.example"));
    question.before = LogPlace{kNoon + seconds(1), "0123456789abcdef"};
    EXPECT_THAT(search(question), ElementsAre("one.example"));
    EXPECT_EQ(damages_.size(), 1U);
}

TEST_F(LoggedLinesTest, ALimitOfLinesEndsBetweenFilesAndTheRestFollows) {
    for (int i = 0; i < 3; ++i)
        add(line("a" + std::to_string(i) + ".example", seconds(i)) + line("b.example", seconds(i)));
    LogQuestion question;
    question.limit = 10;
    question.lines_max = 1;
    question.name = wire::Name::parse("a0.example");
    EXPECT_THAT(search(question), IsEmpty());
    ASSERT_TRUE(unread_);
    question.before = unread_;
    EXPECT_THAT(search(question), IsEmpty());
    ASSERT_TRUE(unread_);
    question.before = unread_;
    EXPECT_THAT(search(question), ElementsAre("a0.example"));
    EXPECT_FALSE(unread_);
}

TEST(LogPlaceTest, ATextIsReadAgain) {
    const LogPlace place{testing_support::LogFiles::noon() + microseconds(7), "0123456789abcdef"};
    EXPECT_EQ(parse_place(place_to_text(place)), place);
    for (const char* text : {"", "-", "2026-11-30T12:00:00.000007Z", "2026-11-30T12:00:00.000007Z-",
                             "x-0123456789abcdef", "2026-11-30T12:00:00.000007Z-0123456789ABCDEF"})
        EXPECT_FALSE(parse_place(text)) << text;
}

}  // namespace
}  // namespace cenote::sinks
