// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/log_search.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "resolver/sinks/log_file.h"
#include "resolver/sinks/log_line.h"
#include "tests/support/temporary_folder.h"

namespace cenote::cli {
namespace {

using sinks::LogFormat;
using testing::ElementsAre;
using testing::HasSubstr;

const WallTime kNoon = parse_time("2026-11-30T12:00:00Z").value();

class LogSearchTest : public testing::Test {
protected:
    static std::string line(const std::string& name, seconds after = seconds(0), LogFormat format = LogFormat::Jsonl,
                            const std::string& directive = "d1") {
        sinks::HitRecord hit;
        hit.at = kNoon + after;
        hit.name = name;
        hit.directive = directive;
        hit.service = "alpha";
        hit.group = "staff";
        hit.hit.verdict = telemetry::QueryVerdict::Restrict;
        return sinks::log_line(format, hit, {"dns1", "1", "d"}, 1) + "\n";
    }

    /// A file of the log with this text.
    void add(const std::string& text, bool open = false, bool packed = false) {
        const Path path = folder_ / ("log" + std::to_string(files_.size()));
        std::ofstream(path, std::ios::binary) << text;
        Path used = path;
        if (packed) {
            used += ".zst";
            EXPECT_TRUE(sinks::compress_log(path, used).ok());
        }
        files_.push_back({used.filename().string(), open, nullptr});
        paths_.push_back(used);
    }

    /// The daemon opens the files for each request.
    std::vector<OpenLogFile>& opened() {
        for (std::size_t i = 0; i < files_.size(); ++i)
            files_[i].fd = std::make_shared<const UniqueFd>(::open(paths_[i].c_str(), O_RDONLY));
        damages_.clear();
        return files_;
    }

    std::vector<std::string> search(const LogQuestion& question) {
        std::vector<std::string> names;
        search_log(
            opened(), question, [&](const FoundLine& found) { names.push_back(found.hit.name); },
            [this](const std::string& what) { damages_.push_back(what); });
        return names;
    }

    Result<ExportedLog> write(const sinks::LogSpan& span) {
        return export_log(opened(), span, out_, [this](const std::string& what) { damages_.push_back(what); });
    }

    [[nodiscard]] std::string content() const {
        std::ostringstream text;
        text << std::ifstream(out_, std::ios::binary).rdbuf();
        return text.str();
    }

    testing_support::TemporaryFolder folder_;
    const Path out_ = folder_ / "exported";
    std::vector<OpenLogFile> files_;
    std::vector<Path> paths_;
    std::vector<std::string> damages_;
};

TEST_F(LogSearchTest, AllFilesInTheirOrder) {
    add(line("one.example") + line("two.example"), false, true);
    add(line("three.example", seconds(10)), true);
    EXPECT_THAT(search({}), ElementsAre("one.example", "two.example", "three.example"));
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LogSearchTest, TheSpanEndsBeforeItsEnd) {
    add(line("one.example") + line("two.example", seconds(5)) + line("three.example", seconds(10)));
    LogQuestion question;
    question.span = {.from = kNoon + seconds(5), .to = kNoon + seconds(10)};
    EXPECT_THAT(search(question), ElementsAre("two.example"));
}

TEST_F(LogSearchTest, FiltersHoldInEachFormat) {
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

TEST_F(LogSearchTest, ANameStandsForAllBelowIt) {
    add(line("deepseek.com") + line("chat.deepseek.com") + line("notdeepseek.com") + line(R"(a\.deepseek.com)"));
    LogQuestion question;
    question.name = wire::Name::parse("deepseek.com");
    EXPECT_THAT(search(question), ElementsAre("deepseek.com", "chat.deepseek.com"));
}

TEST_F(LogSearchTest, TheLimitGivesTheNewest) {
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

TEST_F(LogSearchTest, DamageIsToldWithItsPlaceAndTheRestIsShown) {
    const std::string whole = line("one.example");
    add(whole + whole.substr(0, 50) + line("joined.example") + line("two.example") + whole.substr(0, 60));
    add("\xff\xfe" + std::string(10, '\0') + "\n" + line("three.example"), false, true);
    EXPECT_THAT(search({}), ElementsAre("one.example", "two.example", "three.example"));
    EXPECT_THAT(damages_, ElementsAre("log0:2: this is no line of a log; it is left out",
                                      "log0:4: the line was cut; it is left out",
                                      "log1.zst:1: this is no line of a log; it is left out"));
}

TEST_F(LogSearchTest, ALineThatIsBeingWrittenIsNoDamage) {
    add(line("one.example") + line("two.example").substr(0, 60), true);
    EXPECT_THAT(search({}), ElementsAre("one.example"));
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LogSearchTest, ManyDamagesTakeFewLines) {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "nothing\n";
    add(text);
    EXPECT_TRUE(search({}).empty());
    ASSERT_EQ(damages_.size(), 6U);
    EXPECT_EQ(damages_.back(), "log0: 995 lines more like these");
}

TEST_F(LogSearchTest, ACutFileIsToldBehindItsLastLine) {
    std::string text;
    for (int i = 0; i < 20'000; ++i) text += line("n" + std::to_string(i * 7919 % 20'011) + ".example");
    add(text, false, true);
    std::filesystem::resize_file(paths_[0], std::filesystem::file_size(paths_[0]) / 2);
    EXPECT_FALSE(search({}).empty());
    ASSERT_EQ(damages_.size(), 1U);
    EXPECT_THAT(damages_[0], HasSubstr("log0.zst is cut"));
}

TEST_F(LogSearchTest, LinesOfCefAreCounted) {
    add(line("one.example", seconds(0), LogFormat::Cef) + line("two.example"));
    EXPECT_THAT(search({}), ElementsAre("two.example"));
    ASSERT_EQ(damages_.size(), 1U);
    EXPECT_THAT(damages_[0], HasSubstr("1 lines are in the format cef"));
}

TEST_F(LogSearchTest, AnExportHasTheLinesAsTheyAre) {
    const std::string first = line("one.example") + line("two.example", seconds(5), LogFormat::Cef);
    const std::string second = line("three.example", seconds(6), LogFormat::Ecs);
    add(first, false, true);
    add(second + line("four.example", seconds(60)) + "{\"cut", true);
    const auto exported = write({.from = {}, .to = kNoon + seconds(60)});
    ASSERT_TRUE(exported.ok()) << exported.error().text;
    EXPECT_EQ(content(), first + second);
    EXPECT_EQ(exported->lines, 3U);
    EXPECT_EQ(exported->sha256, to_hex(sha256(bytes_of(content()))));
    struct stat there {};
    ASSERT_EQ(::stat(out_.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0600U);
    EXPECT_EQ(there.st_nlink, 1U) << "no other name is left";
    EXPECT_TRUE(damages_.empty());
}

TEST_F(LogSearchTest, AnExportReplacesNothing) {
    add(line("one.example"));
    std::ofstream(out_) << "mine";
    EXPECT_THAT(write({}).error().text, HasSubstr("exists already"));
    EXPECT_EQ(content(), "mine");
    std::filesystem::remove(out_);
    std::filesystem::create_symlink(folder_ / "elsewhere", out_);
    EXPECT_THAT(write({}).error().text, HasSubstr("exists already"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

TEST_F(LogSearchTest, AnExportThatFailsLeavesNothing) {
    add(line("one.example"));
    EXPECT_FALSE(export_log(opened(), {}, folder_ / "none" / "exported", [](const std::string&) {}).ok());
    const auto there = std::filesystem::directory_iterator(folder_.path());
    EXPECT_EQ(std::distance(begin(there), end(there)), 1) << "only the log";
}

}  // namespace
}  // namespace cenote::cli
