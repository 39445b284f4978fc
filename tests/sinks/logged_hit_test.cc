// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/logged_hit.h"

#include <gtest/gtest.h>

#include "resolver/base/time_text.h"
#include "resolver/sinks/log_line.h"

namespace cenote::sinks {
namespace {

const WallMicros kAt = WallMicros(parse_time("2026-11-30T00:00:00Z").value()) + microseconds(123456);

HitRecord record() {
    HitRecord made;
    made.at = kAt;
    made.name = R"(a\"b\010.deepseek.com)";
    made.service = "deepseek";
    made.directive = "2026-014";
    made.group = "staff";
    made.hit.directive_key = 1;
    made.hit.verdict = telemetry::QueryVerdict::Restrict;
    return made;
}

std::string line(LogFormat format, const HitRecord& hit = record()) {
    return log_line(format, hit, {.node = R"(dns|1\)", .version = "1|2", .policy_digest = "abcd"}, 7);
}

TEST(LoggedHitTest, EachFormatIsReadAsItIsWritten) {
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf}) {
        const auto hit = read_log_line(line(format));
        ASSERT_TRUE(hit) << log_format_to_text(format);
        EXPECT_EQ(hit->format, format);
        EXPECT_EQ(hit->at, kAt);
        EXPECT_EQ(hit->name, record().name);
        EXPECT_EQ(hit->verdict, "restrict");
        EXPECT_EQ(hit->service, "deepseek");
        EXPECT_EQ(hit->group, "staff");
        EXPECT_EQ(hit->directive, "2026-014");
        EXPECT_EQ(hit->client, "");
    }
}

TEST(LoggedHitTest, OfCefTheTimeIsRead) {
    const auto hit = read_log_line(line(LogFormat::Cef));
    ASSERT_TRUE(hit);
    EXPECT_EQ(hit->format, LogFormat::Cef);
    EXPECT_EQ(hit->at, kAt - microseconds(456));
}

TEST(LoggedHitTest, OfCefATimeThatNoLogHasIsNone) {
    const auto at = [](const char* time) {
        return read_log_line(std::string("CEF:0|Cenote|cenoted|1|block|x|5|rt=") + time + " dhost=a");
    };
    EXPECT_TRUE(at("253402300799999"));
    for (const char* time : {"253402300800000", "9223372036854775807", "-1", "-9223372036854775808"})
        EXPECT_FALSE(at(time)) << time;
}

TEST(LoggedHitTest, AListIsFoundAsAService) {
    auto of_list = record();
    of_list.of_list = true;
    EXPECT_EQ(read_log_line(line(LogFormat::Jsonl, of_list))->service, "deepseek");
}

TEST(LoggedHitTest, WithoutDirectiveAndGroupTheFieldsAreEmpty) {
    HitRecord bare;
    bare.at = kAt;
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf}) {
        const auto hit = read_log_line(line(format, bare));
        ASSERT_TRUE(hit) << log_format_to_text(format);
        EXPECT_EQ(hit->verdict, "forward");
        EXPECT_EQ(hit->directive + hit->group + hit->service, "");
    }
}

TEST(LoggedHitTest, AClientIsReadAsAnAddressAndAsAPseudonym) {
    for (const auto level : {telemetry::IdentityLevel::Address, telemetry::IdentityLevel::Pseudonym}) {
        auto named = record();
        named.client = "10.20.0.7";
        named.hit.identity = level;
        for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf})
            EXPECT_EQ(read_log_line(line(format, named))->client, "10.20.0.7") << log_format_to_text(format);
    }
}

TEST(LoggedHitTest, OtherLinesAreNone) {
    const std::string whole = line(LogFormat::Jsonl);
    for (const std::string& text :
         {std::string(), std::string("{}"), std::string("[1]"), std::string("text"), whole.substr(0, whole.size() / 2),
          whole.substr(0, 40) + whole, std::string(R"({"time":"yesterday","verdict":"block"})"),
          std::string(R"({"time":"2026-11-30T00:00:00.123456Z"})"), std::string(R"({"dropped":3})"),
          std::string("CEF:0|a|b"), std::string("CEF:0|a|b|c|d|e|1|rt=x"), std::string("CEF:0|a|b|c|d|e|1|dst=1 rt=2"),
          std::string(1000, '['), std::string(100, '{')})
        EXPECT_FALSE(read_log_line(text)) << text;
}

TEST(LoggedHitTest, MicrosecondsAreReadAsTheyAreWritten) {
    EXPECT_EQ(parse_micros(format_micros(kAt)), kAt);
    for (const char* text : {"2026-11-30T00:00:00Z", "2026-11-30T00:00:00.12345Z", "2026-11-30T00:00:00.12345xZ",
                             "2026-11-30T00:00:00,123456Z", "2026-13-30T00:00:00.123456Z", ""})
        EXPECT_FALSE(parse_micros(text)) << text;
}

}  // namespace
}  // namespace cenote::sinks
