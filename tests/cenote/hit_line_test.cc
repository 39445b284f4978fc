// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/hit_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/text_layout.h"
#include "resolver/base/time_text.h"

namespace cenote::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const ShownHit kHit{"09:00:05 KST", "restrict", "chat.deepseek.com", "deepseek", "moti", "moti-2025-02"};

TEST(HitLine, HasItsFieldsInColumns) {
    EXPECT_EQ(hit_line(kHit, 0),
              "09:00:05 KST  restrict   chat.deepseek.com                 deepseek       moti        "
              "moti-2025-02");
    EXPECT_EQ(hit_line(kHit, 100), hit_line(kHit, 0));
    EXPECT_THAT(hit_line({"t", "block", "a.example", "", "", ""}, 0), EndsWith("  -"));
}

TEST(HitLine, NeverTakesMoreColumnsThanThereAre) {
    for (const std::size_t name : {1U, 10U, 40U, 60U, 253U})
        for (const std::size_t id : {0U, 1U, 12U, 20U, 64U})
            for (const std::size_t columns : {100U, 80U}) {
                const std::string long_id(id, 'i');
                const std::string line = hit_line({"2026-11-30 09:00:05 KST", "exception",
                                                   std::string(name, 'n') + ".example", long_id, long_id, long_id},
                                                  columns);
                EXPECT_LE(width_of(line), columns) << line;
            }
}

TEST(HitLine, OfALongNameTheEndStays) {
    ShownHit hit = kHit;
    hit.name = std::string(63, 'x') + "." + std::string(63, 'y') + ".deepseek.com";
    EXPECT_THAT(hit_line(hit, 100), HasSubstr("y.deepseek.com  "));
    EXPECT_THAT(hit_line(hit, 100), HasSubstr("…y"));
    EXPECT_THAT(hit_line(hit, 100), HasSubstr("moti-2025-02"));
    EXPECT_THAT(hit_line(hit, 0), HasSubstr(hit.name)) << "a pipe gets all of it";
}

TEST(HitLine, WideLettersTakeTwoColumns) {
    ShownHit hit = kHit;
    hit.group = "산업통상자원부산업통상자원부산업통상자원부";
    EXPECT_LE(width_of(hit_line(hit, 100)), 100U);
}

TEST(HitLine, NoTextControlsTheTerminal) {
    ShownHit hit = kHit;
    hit.name = "a\x1b[2Jb\nc.example";
    hit.directive = std::string("d\0\xff\xe2\x80\xae", 6);
    const std::string line = hit_line(hit, 100);
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20U);
    EXPECT_THAT(line, HasSubstr("\\u{1b}[2J"));
}

TEST(HitTime, IsOnTheClockOfTheSite) {
    const auto seoul = policy::LocalTimes::load("Asia/Seoul").value();
    const WallTime at = parse_time("2026-11-30T00:00:05Z").value();
    EXPECT_EQ(hit_time(seoul, at, false), "09:00:05 KST");
    EXPECT_EQ(hit_time(seoul, at - seconds(5), true), "2026-11-30 09:00:00 KST");
    EXPECT_EQ(hit_time(policy::LocalTimes(), at, true), "2026-11-30 00:00:05 UTC");
}

}  // namespace
}  // namespace cenote::cli
