// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "resolver/sinks/log_file.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using ::testing::HasSubstr;

class LogReaderTest : public testing::Test {
protected:
    struct Read {
        std::vector<std::string> lines;
        std::string error;
        bool unfinished = false;
        std::uint64_t number = 0;
    };
    static Read read(const Path& path) {
        const UniqueFd fd(::open(path.c_str(), O_RDONLY));
        LogReader reader(fd.get());
        Read all;
        while (true) {
            const auto line = reader.next();
            if (!line) all.error = line.error().text;
            if (!line || !*line) break;
            all.lines.emplace_back(**line);
        }
        all.unfinished = reader.is_unfinished();
        all.number = reader.number();
        return all;
    }
    [[nodiscard]] Path write(const std::string& text) const {
        std::ofstream(folder_ / "plain", std::ios::binary) << text;
        return folder_ / "plain";
    }
    [[nodiscard]] Path pack(const std::string& text) const {
        const auto packed = compress_log(write(text), folder_ / "packed.zst");
        EXPECT_TRUE(packed.ok());
        return folder_ / "packed.zst";
    }

    testing_support::TemporaryFolder folder_;
};

TEST_F(LogReaderTest, PlainAndCompressedLinesAreTheSame) {
    std::string text;
    std::vector<std::string> lines;
    for (int i = 0; i < 50'000; ++i) {
        lines.push_back(fmt::format("line {} {}", i, std::string(static_cast<std::size_t>(i % 90), 'x')));
        text += lines.back() + "\n";
    }
    for (const Path& path : {write(text), pack(text)}) {
        const Read all = read(path);
        EXPECT_EQ(all.error, "");
        EXPECT_EQ(all.lines, lines) << path;
        EXPECT_FALSE(all.unfinished);
        EXPECT_EQ(all.number, lines.size());
    }
}

TEST_F(LogReaderTest, WhatOneBlockUnpacksToMayBeMoreThanOneRead) {
    const std::string text(3'000'000, '\n');
    EXPECT_EQ(read(pack(text)).lines.size(), text.size());
}

TEST_F(LogReaderTest, AnEmptyFileHasNoLines) {
    for (const Path& path : {write(""), pack("")}) {
        const Read all = read(path);
        EXPECT_TRUE(all.lines.empty());
        EXPECT_EQ(all.error, "");
    }
}

TEST_F(LogReaderTest, ALineWithoutEndIsUnfinished) {
    const Read all = read(write("one\ntwo"));
    EXPECT_EQ(all.lines, (std::vector<std::string>{"one", "two"}));
    EXPECT_TRUE(all.unfinished);
}

TEST_F(LogReaderTest, OfAnEndlessLineOnlyTheBeginningIsKept) {
    const Read all = read(write(std::string(1'000'000, 'x') + "\nnext\n"));
    ASSERT_EQ(all.lines.size(), 2U);
    EXPECT_EQ(all.lines[0].size(), LogReader::kLineMax);
    EXPECT_EQ(all.lines[1], "next");
}

TEST_F(LogReaderTest, ACutOrDamagedFileGivesWhatIsBeforeTheDamage) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += fmt::format("line {}\n", i * 7919 % 100'003);
    const Path packed = pack(text);
    const auto size = std::filesystem::file_size(packed);
    {
        std::fstream file(packed, std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(size - 20));
        file << "damage";
    }
    const Read damaged = read(packed);
    EXPECT_THAT(damaged.error, HasSubstr("is damaged"));
    EXPECT_FALSE(damaged.lines.empty());
    std::filesystem::resize_file(packed, size - 100);
    const Read cut = read(packed);
    EXPECT_THAT(cut.error, HasSubstr("is cut"));
    EXPECT_FALSE(cut.lines.empty());
}

}  // namespace
}  // namespace cenote::sinks
