// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <future>

#include "resolver/base/digest.h"
#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const WallTime kNow = parse_time("2026-11-30T09:00:00Z").value();

std::string content_of(const Path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

class LogFileTest : public testing::Test {
protected:
    std::unique_ptr<LogFile> start(LogOptions options = {}) {
        options.file = path_;
        return std::make_unique<LogFile>(options, LogOrigin{"dns1", "1", "d"},
                                         [this](const ClosedLog& closed) { closed_.set_value(closed); });
    }
    static HitRecord record(std::string name) {
        HitRecord made;
        made.name = std::move(name);
        return made;
    }
    void set_last_write(WallTime at, const Path& file) const {
        const timespec time{.tv_sec = at.time_since_epoch().count(), .tv_nsec = 0};
        const std::array<timespec, 2> times{time, time};
        ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0), 0);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
            names.push_back(entry.path().filename().string());
        std::sort(names.begin(), names.end());
        return names;
    }

    testing_support::TemporaryFolder folder_;
    const Path path_ = folder_ / "queries.jsonl";
    std::promise<ClosedLog> closed_;
};

TEST_F(LogFileTest, LinesAreWrittenOnceASecond) {
    const auto log = start();
    log->take(record("one.example"));
    log->end_round(kNow);
    EXPECT_THAT(content_of(path_), HasSubstr("\"name\":\"one.example\""));
    log->take(record("two.example"));
    log->end_round(kNow);
    EXPECT_EQ(content_of(path_).find("two.example"), std::string::npos);
    log->end_round(kNow + seconds(1));
    EXPECT_THAT(content_of(path_), HasSubstr("\"seq\":2}\n"));
    struct stat there {};
    ASSERT_EQ(::stat(path_.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0640U & ~static_cast<unsigned>(::umask(::umask(0))));
}

TEST_F(LogFileTest, AtTheTurnOfTheDayTheFileIsClosedAndCompressed) {
    const auto log = start();
    log->take(record("one.example"));
    log->end_round(kNow);
    const std::string plain = content_of(path_);
    log->end_round(kNow + seconds(86400));
    const ClosedLog closed = closed_.get_future().get();
    EXPECT_EQ(closed.file.filename(), "queries-20261201T090000Z.jsonl.zst");
    EXPECT_EQ(closed.lines, 1U);
    EXPECT_EQ(closed.sha256, to_hex(sha256(bytes_of(plain))));
    const std::string command = "zstd -dcq " + closed.file.string() + " > " + (folder_ / "plain").string();
    if (std::system("zstd --version >/dev/null 2>&1") == 0) {  // NOLINT: a test
        ASSERT_EQ(std::system(command.c_str()), 0);            // NOLINT: a test
        EXPECT_EQ(content_of(folder_ / "plain"), plain);
    }
}

TEST_F(LogFileTest, AFullFileIsClosed) {
    LogOptions options;
    options.max_size = 100;
    const auto log = start(options);
    log->take(record("one.example"));
    log->end_round(kNow);
    log->take(record("two.example"));
    log->end_round(kNow + seconds(5));
    EXPECT_EQ(closed_.get_future().get().lines, 2U) << "what was taken before the end belongs to the file";
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LogFileTest, AFileIsClosedOnRequest) {
    const auto log = start();
    log->take(record("one.example"));
    auto closing = std::async(std::launch::async, [&log] { return log->close_now().ok(); });
    while (closing.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) log->end_round(kNow);
    EXPECT_TRUE(closing.get());
    EXPECT_EQ(closed_.get_future().get().lines, 1U) << "what was taken is in it";
    EXPECT_FALSE(std::filesystem::exists(path_));
    EXPECT_THAT(files(), testing::ElementsAre("queries-20261130T090000Z.jsonl.zst"));
}

TEST_F(LogFileTest, AFileThatWasMovedAwayIsLeftAlone) {
    const auto log = start();
    log->take(record("one.example"));
    log->end_round(kNow);
    std::filesystem::rename(path_, folder_ / "moved");
    log->take(record("two.example"));
    log->end_round(kNow + seconds(1));
    EXPECT_THAT(content_of(path_), HasSubstr("two.example"));
    EXPECT_EQ(content_of(folder_ / "moved").find("two.example"), std::string::npos);
}

TEST_F(LogFileTest, ALineThatAKillCutIsEndedBeforeTheNext) {
    std::ofstream(path_) << "{\"seq\":1}\n{\"se";
    set_last_write(kNow, path_);
    const auto log = start();
    log->take(record("one.example"));
    log->end_round(kNow);
    EXPECT_THAT(content_of(path_), testing::StartsWith("{\"seq\":1}\n{\"se\n{\"time\":"));
}

TEST_F(LogFileTest, AFileThatAnotherProgramCutIsWrittenFromItsNewEnd) {
    LogOptions options;
    options.max_size = 500;  // of two lines, not of one
    const auto log = start(options);
    log->take(record("one.example"));
    log->end_round(kNow);
    std::filesystem::resize_file(path_, 0);  // logrotate's copytruncate
    log->take(record("two.example"));
    log->end_round(kNow + seconds(1));
    log->end_round(kNow + seconds(2));
    EXPECT_THAT(content_of(path_), testing::StartsWith("{\"time\":"));
    EXPECT_EQ(files(), std::vector<std::string>{"queries.jsonl"}) << "it is not full";
}

TEST_F(LogFileTest, AFileOfAnEarlierDayIsClosedAlthoughNothingIsWritten) {
    std::ofstream(path_) << "{}\n";
    set_last_write(kNow - seconds(86400), path_);
    const auto log = start();
    log->end_round(kNow);
    EXPECT_EQ(closed_.get_future().get().lines, 1U);
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(LogFileTest, AFileThatWasMovedAwayIsNotClosedAgain) {
    const auto log = start();
    log->take(record("one.example"));
    log->end_round(kNow);
    std::filesystem::rename(path_, folder_ / "moved");
    std::ofstream(path_) << "of another program";
    log->end_round(kNow + seconds(86400));
    EXPECT_EQ(log->problem(), "");
    EXPECT_THAT(files(), testing::ElementsAre("moved", "queries.jsonl"));
}

TEST_F(LogFileTest, WhatAKilledProcessHasClosedIsCompressed) {
    std::ofstream(folder_ / "queries-20261129T000000Z.jsonl") << "{}\n{}\n";
    std::ofstream(folder_ / "queries-20261129T000000Z.jsonl.zst") << "half";
    const auto log = start();
    log->end_round(kNow);
    EXPECT_EQ(closed_.get_future().get().lines, 2U);
    EXPECT_EQ(files(), std::vector<std::string>{"queries-20261129T000000Z.jsonl.zst"});
}

TEST_F(LogFileTest, ACopyThatAKilledProcessLeftIsDeletedAndOneThatIsBeingMadeStays) {
    for (const auto& [name, written] : {std::pair("queries-20261129T000000Z.jsonl.zst.without", kNow - seconds(7200)),
                                        {"queries-20261129T000001Z.jsonl.zst.without", kNow - seconds(60)}}) {
        std::ofstream(folder_ / name) << "x";
        set_last_write(written, folder_ / name);
    }
    start()->end_round(kNow);
    EXPECT_THAT(files(), testing::ElementsAre("queries-20261129T000001Z.jsonl.zst.without"));
}

TEST_F(LogFileTest, AClockThatJumpsAheadDeletesNothingForAnHour) {
    const auto log = start();
    log->end_round(kNow);
    std::ofstream(folder_ / "queries-20261129T000000Z.jsonl.zst") << "x";
    const WallTime wrong = kNow + seconds(86400 * 3650);
    log->end_round(wrong);
    for (seconds later{30}; later < seconds(3600); later += seconds(30)) log->end_round(wrong + later);
    EXPECT_THAT(files(), SizeIs(1));
    log->end_round(wrong + seconds(3600));
    EXPECT_THAT(files(), SizeIs(0));
}

TEST_F(LogFileTest, ANewPolicyLeavesNoHoleInTheSequence) {
    const auto log = start();
    log->take(record("one.example"));
    log->set_origin({"dns1", "1", "e"});
    log->take(record("two.example"));
    log->end_round(kNow);
    EXPECT_THAT(content_of(path_), HasSubstr("\"policy_digest\":\"d\",\"seq\":1}\n"));
    EXPECT_THAT(content_of(path_), HasSubstr("\"policy_digest\":\"e\",\"seq\":2}\n"));
}

TEST_F(LogFileTest, OldFilesAreDeletedByTheTimeInTheirNames) {
    for (const char* name : {"queries-20261101T000000Z.jsonl.zst", "queries-20261129T000000Z.jsonl.zst",
                             "queries-notes.txt", "other-20200101T000000Z.jsonl.zst"})
        std::ofstream(folder_ / name) << "x";
    start()->end_round(kNow);
    EXPECT_THAT(files(), testing::ElementsAre("other-20200101T000000Z.jsonl.zst", "queries-20261129T000000Z.jsonl.zst",
                                              "queries-notes.txt"));
}

TEST_F(LogFileTest, WhatCannotBeWrittenIsCountedAndTold) {
    std::filesystem::create_directory(path_);
    const auto log = start();
    log->take(record("one.example"));
    log->take(record("two.example"));
    log->end_round(kNow);
    EXPECT_EQ(log->lost(), 2U);
    EXPECT_THAT(log->problem(), HasSubstr("cannot open"));
    std::filesystem::remove(path_);
    log->take(record("three.example"));
    log->end_round(kNow + seconds(1));
    EXPECT_EQ(log->problem(), "");
    EXPECT_EQ(log->lost(), 2U);
    EXPECT_THAT(content_of(path_), HasSubstr("three.example"));
}

TEST_F(LogFileTest, AFullDeviceCostsLinesOnly) {
    LogOptions options;
    options.file = "/dev/full";
    LogFile log(options, {}, nullptr);
    log.take(record("one.example"));
    log.end_round(kNow);
    EXPECT_EQ(log.lost(), 1U);
    EXPECT_THAT(log.problem(), HasSubstr("no regular file"));
}

TEST_F(LogFileTest, TheBufferHasALimit) {
    const auto log = start();
    for (int i = 0; i < 40'000; ++i) log->take(record("name.example"));
    EXPECT_GT(log->lost(), 0U);
    log->end_round(kNow);
    EXPECT_LT(std::filesystem::file_size(path_), LogFile::kBufferMax + 1000);
}

}  // namespace
}  // namespace cenote::sinks
