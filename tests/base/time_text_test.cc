// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/time_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote {
namespace {

using testing::HasSubstr;

TEST(ParseTime, TakesRfc3339) {
    const struct {
        const char* text;
        const char* utc;
    } cases[] = {
        {"2026-12-31T23:59:59+09:00", "2026-12-31T14:59:59Z"},
        {"2026-12-31T14:59:59Z", "2026-12-31T14:59:59Z"},
        {"2026-01-01t00:00:00z", "2026-01-01T00:00:00Z"},
        {"2026-01-01 00:00:00-05:30", "2026-01-01T05:30:00Z"},
        {"2024-02-29T12:00:00.987+00:00", "2024-02-29T12:00:00Z"},
        {"1970-01-01T00:00:00-00:00", "1970-01-01T00:00:00Z"},
        {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
    };
    for (const auto& [text, utc] : cases) {
        const auto time = parse_time(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(format_time(*time), utc);
    }
    EXPECT_EQ(parse_time("1970-01-01T00:01:00Z").value().time_since_epoch(), seconds{60});
}

TEST(ParseTime, WithoutAnOffsetSaysHowToWriteOne) {
    const auto time = parse_time("2026-12-31T23:59:59");
    ASSERT_FALSE(time);
    EXPECT_EQ(time.error().text,
              "the time '2026-12-31T23:59:59' has no offset from UTC; write 2026-12-31T23:59:59+09:00 or "
              "2026-12-31T23:59:59Z");
    EXPECT_THAT(parse_time("2026-12-31").error().text, HasSubstr("write 2026-12-31T00:00:00+09:00"));
}

TEST(ParseTime, RefusesWhatIsNone) {
    for (const char* text :
         {"", "tomorrow", "2026", "2026-1-1T00:00:00Z", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
          "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00Z",
          "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+9:00", "2026-01-01T00:00:00+0900", "2026-01-01T00:00:00+24:00",
          "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+09:00 ", "+2026-01-01T00:00:00Z", "2026-00-10T00:00:00Z",
          "2026-01-00T00:00:00Z"}) {
        const auto time = parse_time(text);
        ASSERT_FALSE(time) << text;
        EXPECT_THAT(time.error().text, HasSubstr("write it as 2026-12-31T23:59:59+09:00")) << text;
    }
}

TEST(ReadWrittenTime, SecondsAndOffsetMayBeLeftOut) {
    const WallTime clock = parse_time("2026-12-31T23:59:00Z").value();
    for (const char* text : {"2026-12-31 23:59", "2026-12-31T23:59", "2026-12-31T23:59:00"}) {
        const auto written = read_written_time(text);
        ASSERT_TRUE(written) << text;
        EXPECT_EQ(written->clock, clock) << text;
        EXPECT_FALSE(written->offset) << text;
        EXPECT_EQ(written->zone, "") << text;
    }
    for (const char* text : {"2026-12-31T23:59+09:00", "2026-12-31 23:59:00 +09:00"})
        EXPECT_EQ(read_written_time(text)->offset, std::chrono::hours(9)) << text;
    EXPECT_EQ(read_written_time("2026-12-31T23:59Z")->offset, std::chrono::minutes(0));
    EXPECT_EQ(read_written_time("2026-12-31 23:59 KST")->zone, "KST");
    EXPECT_EQ(read_written_time("2026-12-31 23:59:07 +03")->zone, "+03");
    EXPECT_FALSE(read_written_time("2026-12-31 00:00")->date_alone);
    EXPECT_TRUE(read_written_time("2026-12-31")->date_alone);
    EXPECT_EQ(read_written_time("2026-12-31")->clock, parse_time("2026-12-31T00:00:00Z").value());
}

TEST(ReadWrittenTime, RefusesWhatIsNone) {
    for (const char* text :
         {"", "tomorrow", "2026-12-31 24:00", "2026-02-29 10:00", "2026-12-31 23", "2026-12-31 23:59 ",
          "2026-12-31 23:59 the end", "2026-12-31 23:59KST", "2026-12-31T23:59+9", "23:59"}) {
        const auto written = read_written_time(text);
        ASSERT_FALSE(written) << text;
        EXPECT_THAT(written.error().text, HasSubstr("write it as in \"2026-12-31 23:59\"")) << text;
    }
}

TEST(ParseDuration, TakesANumberAndItsUnit) {
    EXPECT_EQ(*parse_duration("500ms"), milliseconds{500});
    EXPECT_EQ(*parse_duration("30s"), seconds{30});
    EXPECT_EQ(*parse_duration("15m"), std::chrono::minutes{15});
    EXPECT_EQ(*parse_duration("8h"), std::chrono::hours{8});
    EXPECT_EQ(*parse_duration("7d"), std::chrono::days{7});
    EXPECT_EQ(*parse_duration("0s"), seconds{0});
    EXPECT_EQ(*parse_duration("36500d"), std::chrono::days{36500});
}

TEST(ParseDuration, RefusesWhatIsNone) {
    for (const char* text : {"", "30", "s", "-1s", "+1s", "1.5h", "1h30m", "30 s", " 30s", "30S", "1w", "36501d",
                             "18446744073709551615d", "99999999999999999999s"}) {
        const auto duration = parse_duration(text);
        ASSERT_FALSE(duration) << text;
        EXPECT_THAT(duration.error().text, HasSubstr("such as 500ms, 30s, 15m, 8h or 7d"));
    }
}

TEST(FormatDuration, IsTheShortestExactForm) {
    for (const char* text : {"0s", "1ms", "1500ms", "90s", "15m", "36h", "2d", "400d"})
        EXPECT_EQ(format_duration(*parse_duration(text)), text);
    EXPECT_EQ(format_duration(*parse_duration("60s")), "1m");
    EXPECT_EQ(format_duration(*parse_duration("48h")), "2d");
    EXPECT_EQ(format_duration(milliseconds{-90'000}), "-90s");
}

TEST(ParseSize, TakesBytesAndBinaryUnits) {
    for (const char* text : {"0", "4095", "4KiB", "64MiB", "2GiB", "1025KiB"})
        EXPECT_EQ(format_size(parse_size(text).value()), text);
    EXPECT_EQ(*parse_size("4096"), 4096U);
    EXPECT_EQ(format_size(4096), "4KiB");
    EXPECT_EQ(*parse_size("2GiB"), 2ULL << 30);
    EXPECT_EQ(*parse_size("18446744073709551615"), ~0ULL);
}

TEST(ParseSize, RefusesWhatIsNone) {
    for (const char* text : {"", "KiB", "64MB", "64M", "64 MiB", "-1", "1.5GiB", "17179869184GiB", "64mib"}) {
        const auto size = parse_size(text);
        ASSERT_FALSE(size) << text;
        EXPECT_THAT(size.error().text, HasSubstr("such as 4096, 64KiB, 64MiB or 2GiB"));
    }
}

}  // namespace
}  // namespace cenote
