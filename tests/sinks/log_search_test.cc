// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_file.h"
#include "resolver/sinks/log_files.h"
#include "resolver/sinks/log_line.h"
#include "tests/support/temporary_folder.h"

namespace cenote::sinks {
namespace {

using ::testing::HasSubstr;

const std::atomic<bool> kGoesOn{false};
const std::atomic<bool> kStops{true};

class LogSearchTest : public testing::Test {
protected:
    static std::string line(LogFormat format, const std::string& client, const std::string& name) {
        HitRecord record;
        record.client = client;
        record.name = name;
        record.directive = "d1";
        record.hit.identity =
            client.starts_with("p-") ? telemetry::IdentityLevel::Pseudonym : telemetry::IdentityLevel::Address;
        return log_line(format, record, {"dns1", "1", "digest"}, 1) + "\n";
    }
    /// A closed file of these lines, compressed.
    Path closed(const std::string& name, const std::string& lines) {
        const Path plain = folder_ / "plain";
        std::ofstream(plain, std::ios::binary) << lines;
        const Path file = folder_ / name;
        EXPECT_TRUE(compress_log(plain, file).ok());
        std::filesystem::remove(plain);
        return file;
    }

    testing_support::TemporaryFolder folder_;
};

TEST_F(LogSearchTest, EveryFormatNamesItsClient) {
    const ClientLines lines({"10.0.0.7", "2001:db8::7", "p-abcdefghijklmnop"});
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf, LogFormat::Cef}) {
        const std::string_view word = log_format_to_text(format);
        EXPECT_TRUE(lines.has(line(format, "10.0.0.7", "chat.example"))) << word;
        EXPECT_TRUE(lines.has(line(format, "2001:db8::7", "chat.example"))) << word;
        EXPECT_TRUE(lines.has(line(format, "p-abcdefghijklmnop", "chat.example"))) << word;
        EXPECT_FALSE(lines.has(line(format, "10.0.0.77", "chat.example"))) << word;
        EXPECT_FALSE(lines.has(line(format, "110.0.0.7", "chat.example"))) << word;
        EXPECT_FALSE(lines.has(line(format, "", "10.0.0.7"))) << word;
    }
}

TEST_F(LogSearchTest, ANameCannotLookLikeAClient) {
    const ClientLines lines({"10.0.0.7"});
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf, LogFormat::Cef})
        for (const char* name : {R"(","client":"10.0.0.7",".example)", R"( src=10.0.0.7 .example)"})
            EXPECT_FALSE(lines.has(line(format, "192.0.2.1", name))) << name;
}

TEST_F(LogSearchTest, ACopyLacksTheLinesOfTheClientAlone) {
    const std::string before = line(LogFormat::Jsonl, "10.0.0.7", "a.example");
    const std::string other = line(LogFormat::Cef, "10.0.0.8", "b.example");
    const Path file = closed("queries-20261130T090000Z.jsonl.zst", before + other + before);
    const ClientLines lines({"10.0.0.7"});
    const auto found = search_log(file, lines, kGoesOn);
    ASSERT_TRUE(found.ok()) << found.error().text;
    EXPECT_EQ(found->all, 3U);
    EXPECT_EQ(found->found, 2U);
    EXPECT_EQ(found->sha256, to_hex(sha256(bytes_of(before + other + before))));
    const auto copy = copy_without(file, lines, kGoesOn);
    ASSERT_TRUE(copy.ok()) << copy.error().text;
    EXPECT_EQ(search_log(file, lines, kGoesOn)->found, 2U) << "the file stays until the copy is put in its place";
    EXPECT_EQ(copy->lines, 1U);
    EXPECT_EQ(copy->sha256, to_hex(sha256(bytes_of(other))));
    ASSERT_TRUE(replace_log(*copy).ok());
    const auto after = search_log(file, lines, kGoesOn);
    EXPECT_EQ(after->all, 1U);
    EXPECT_EQ(after->found, 0U);
    EXPECT_EQ(after->sha256, copy->sha256);
    EXPECT_FALSE(std::filesystem::exists(copy->copy));
}

TEST_F(LogSearchTest, DamageAndAStopAreErrorsThatLeaveNoCopy) {
    const Path file = closed("queries-20261130T090000Z.jsonl.zst", line(LogFormat::Jsonl, "10.0.0.7", "a.example"));
    const ClientLines lines({"10.0.0.7"});
    EXPECT_FALSE(copy_without(file, lines, kStops).ok());
    std::filesystem::resize_file(file, std::filesystem::file_size(file) - 6);
    const auto copy = copy_without(file, lines, kGoesOn);
    ASSERT_FALSE(copy.ok());
    EXPECT_THAT(copy.error().text, HasSubstr("is cut"));
    EXPECT_FALSE(std::filesystem::exists(file.string() + std::string(kCopyOfLog)));
    std::filesystem::remove(file);
    EXPECT_FALSE(replace_log({.file = file, .copy = folder_ / "copy", .before = {}, .lines = 0, .sha256 = {}}).ok());
}

}  // namespace
}  // namespace cenote::sinks
