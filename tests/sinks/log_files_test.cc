// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "resolver/base/time_text.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using ::testing::ElementsAre;

WallTime at(const std::string& text) { return parse_time(text).value(); }

class LogFilesTest : public testing::Test {
protected:
    void make(std::initializer_list<const char*> names) {
        for (const char* name : names) std::ofstream(folder_ / name) << "x";
    }
    [[nodiscard]] std::vector<std::string> find(const LogSpan& span = {}) const {
        std::vector<std::string> names;
        for (const LogPart& part : log_files(folder_ / "queries.jsonl", span))
            names.push_back(part.file.filename().string() + (part.closed ? "" : " (open)"));
        return names;
    }
    testing_support::TemporaryFolder folder_;
};

TEST_F(LogFilesTest, TheOldestFirstAndTheOpenOneLast) {
    make({"queries.jsonl", "queries-20261130T090000Z.jsonl.zst", "queries-20261130T090000Z-1.jsonl.zst",
          "queries-20261129T000000Z.jsonl.zst"});
    EXPECT_THAT(find(), ElementsAre("queries-20261129T000000Z.jsonl.zst", "queries-20261130T090000Z.jsonl.zst",
                                    "queries-20261130T090000Z-1.jsonl.zst", "queries.jsonl (open)"));
}

TEST_F(LogFilesTest, OtherFilesAreNotPartOfTheLog) {
    make({"queries-notes.jsonl", "queries-20261129T000000Z.txt", "queries-20261129T000000Zx.jsonl",
          "queries-20261129T000000Z-.jsonl", "queries-20269999T000000Z.jsonl.zst", "other-20261129T000000Z.jsonl.zst",
          "queries-2026.jsonl", "queries-.jsonl"});
    EXPECT_THAT(find(), ElementsAre());
}

TEST_F(LogFilesTest, AFileThatIsBeingCompressedIsListedOnce) {
    make({"queries-20261129T000000Z.jsonl", "queries-20261129T000000Z.jsonl.zst"});
    EXPECT_THAT(find(), ElementsAre("queries-20261129T000000Z.jsonl"));
}

TEST_F(LogFilesTest, OnlyThoseOfTheSpan) {
    make({"queries.jsonl", "queries-20261128T000000Z.jsonl.zst", "queries-20261129T000000Z.jsonl.zst",
          "queries-20261130T000000Z.jsonl.zst"});
    EXPECT_THAT(find({.from = at("2026-11-28T12:00:00Z"), .to = at("2026-11-28T13:00:00Z")}),
                ElementsAre("queries-20261129T000000Z.jsonl.zst"));
    EXPECT_THAT(find({.from = at("2026-11-29T12:00:00Z"), .to = {}}),
                ElementsAre("queries-20261130T000000Z.jsonl.zst", "queries.jsonl (open)"));
    EXPECT_THAT(find({.from = {}, .to = at("2026-11-27T00:00:00Z")}),
                ElementsAre("queries-20261128T000000Z.jsonl.zst"));
    EXPECT_THAT(find({.from = at("2026-11-29T00:00:10Z"), .to = at("2026-11-29T00:00:20Z")}),
                ElementsAre("queries-20261129T000000Z.jsonl.zst", "queries-20261130T000000Z.jsonl.zst"))
        << "near the time of closing both may have them";
}

TEST_F(LogFilesTest, AFolderThatIsNotThereHasNone) {
    EXPECT_TRUE(log_files(folder_ / "none" / "queries.jsonl", {}).empty());
}

TEST(LogSpanTest, EndsBeforeItsEnd) {
    const LogSpan span{.from = at("2026-11-28T12:00:00Z"), .to = at("2026-11-28T13:00:00Z")};
    EXPECT_TRUE(span.has(at("2026-11-28T12:00:00Z")));
    EXPECT_FALSE(span.has(at("2026-11-28T13:00:00Z")));
    EXPECT_FALSE(span.has(at("2026-11-28T11:59:59Z")));
    EXPECT_TRUE(LogSpan{}.has(at("1970-01-01T00:00:00Z")));
}

}  // namespace
}  // namespace cenote::sinks
