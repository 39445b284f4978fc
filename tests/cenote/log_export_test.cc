// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/log_export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "resolver/base/digest.h"
#include "tests/support/log_files.h"

namespace cenote::cli {
namespace {

using sinks::LogFormat;
using testing::HasSubstr;

class LogExportTest : public ::testing::Test, protected testing_support::LogFiles {
protected:
    Result<ExportedLog> write(const sinks::LogSpan& span) {
        damages_.clear();
        return export_log(opened(), span, out_, [this](const std::string& what) { damages_.push_back(what); });
    }

    [[nodiscard]] std::string content() const {
        std::ostringstream text;
        text << std::ifstream(out_, std::ios::binary).rdbuf();
        return text.str();
    }

    const WallTime kNoon = noon();
    testing_support::TemporaryFolder folder_;
    const Path out_ = folder_ / "exported";
    std::vector<std::string> damages_;
};

TEST_F(LogExportTest, AnExportHasTheLinesAsTheyAre) {
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

TEST_F(LogExportTest, AnExportReplacesNothing) {
    add(line("one.example"));
    std::ofstream(out_) << "mine";
    EXPECT_THAT(write({}).error().text, HasSubstr("exists already"));
    EXPECT_EQ(content(), "mine");
    std::filesystem::remove(out_);
    std::filesystem::create_symlink(folder_ / "elsewhere", out_);
    EXPECT_THAT(write({}).error().text, HasSubstr("exists already"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "elsewhere"));
}

TEST_F(LogExportTest, AnExportThatFailsLeavesNothing) {
    add(line("one.example"));
    EXPECT_FALSE(export_log(opened(), {}, folder_ / "none" / "exported", [](const std::string&) {}).ok());
    const auto there = std::filesystem::directory_iterator(folder_.path());
    EXPECT_EQ(std::distance(begin(there), end(there)), 0);
}

}  // namespace
}  // namespace cenote::cli
