// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "resolver/base/time_text.h"

namespace cenote::sinks {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const LogOrigin kOrigin{.node = "dns1", .version = "1.2.3", .policy_digest = "abcd"};

HitRecord record() {
    HitRecord made;
    made.at = parse_time("2026-11-30T00:00:00Z").value() + microseconds(123456);
    made.name = "chat.deepseek.com";
    made.service = "deepseek";
    made.directive = "2026-014";
    made.group = "staff";
    made.policy_version = 17;
    made.hit.verdict = telemetry::QueryVerdict::Restrict;
    made.hit.source = telemetry::Source::Sinkhole;
    made.hit.role = 1;
    made.hit.latency_us = 42;
    return made;
}

TEST(LogLineTest, JsonHasTheFieldsOfTail) {
    const auto line = json::parse(log_line(LogFormat::Jsonl, record(), kOrigin, 7));
    EXPECT_EQ(line,
              json::parse(
                  R"({"time":"2026-11-30T00:00:00.123456Z","node":"dns1","client":null,"identity":null,"group":"staff",
        "name":"chat.deepseek.com","type":"A","verdict":"restrict","service":"deepseek","list":null,"role":"web",
        "directive":"2026-014","exception":null,"rcode":"NOERROR","source":"sinkhole","transport":"udp",
        "latency_us":42,"policy_version":17,"policy_digest":"abcd","seq":7})"));
}

TEST(LogLineTest, AListIsNoService) {
    auto hit = record();
    hit.of_list = true;
    const auto line = json::parse(log_line(LogFormat::Jsonl, hit, kOrigin, 7));
    EXPECT_EQ(line["service"], nullptr);
    EXPECT_EQ(line["list"], "deepseek");
}

TEST(LogLineTest, EcsHasWhatElasticSecurityNeeds) {
    auto hit = record();
    const auto line = json::parse(log_line(LogFormat::Ecs, hit, kOrigin, 7));
    EXPECT_EQ(line["@timestamp"], "2026-11-30T00:00:00.123456Z");
    EXPECT_EQ(line["ecs"]["version"], "8.17.0");
    EXPECT_EQ(line["event"]["kind"], "event");
    EXPECT_EQ(line["event"]["category"], json::parse(R"(["network"])"));
    EXPECT_EQ(line["event"]["type"], json::parse(R"(["protocol","denied"])"));
    EXPECT_EQ(line["event"]["duration"], 42000);
    EXPECT_EQ(line["dns"]["question"]["name"], "chat.deepseek.com");
    EXPECT_EQ(line["dns"]["response_code"], "NOERROR");
    EXPECT_EQ(line["rule"]["id"], "2026-014");
    EXPECT_FALSE(line.contains("source"));
    hit.client = "192.0.2.7";
    hit.hit.identity = telemetry::IdentityLevel::Address;
    EXPECT_EQ(json::parse(log_line(LogFormat::Ecs, hit, kOrigin, 7))["source"]["ip"], "192.0.2.7");
}

TEST(LogLineTest, OcsfHasTheRequiredFieldsOfDnsActivity) {
    auto hit = record();
    auto line = json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 7));
    EXPECT_EQ(line["class_uid"], 4003);
    EXPECT_EQ(line["type_uid"], 400306);
    EXPECT_EQ(line["category_uid"], 4);
    EXPECT_EQ(line["time"], 1795996800123);
    EXPECT_EQ(line["query"]["hostname"], "chat.deepseek.com");
    EXPECT_EQ(line["action_id"], 2);
    EXPECT_EQ(line["disposition_id"], 2);
    EXPECT_EQ(line["policy"]["uid"], "2026-014");
    EXPECT_EQ(line["rcode_id"], 0);
    EXPECT_EQ(line["rcode"], "NoError");
    EXPECT_EQ(line["dst_endpoint"]["hostname"], "dns1") << "one endpoint is required, and the client is not kept";
    hit.hit.verdict = telemetry::QueryVerdict::Exception;
    hit.client = "p-abcdefghijklmnop";
    hit.hit.identity = telemetry::IdentityLevel::Pseudonym;
    line = json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 7));
    EXPECT_EQ(line["action_id"], 1);
    EXPECT_EQ(line["disposition_id"], 8);
    EXPECT_EQ(line["src_endpoint"]["uid"], "p-abcdefghijklmnop");
}

TEST(LogLineTest, CefHasAHeaderOfSevenFieldsAndLabelledValues) {
    const std::string line = log_line(LogFormat::Cef, record(), kOrigin, 7);
    EXPECT_THAT(line, StartsWith("CEF:0|Cenote|cenoted|1.2.3|restrict|DNS query|5|rt=1795996800123 "));
    EXPECT_THAT(line, HasSubstr(" dhost=chat.deepseek.com act=restrict "));
    EXPECT_THAT(line, HasSubstr(" cs1Label=directive cs1=2026-014 cs2Label=service cs2=deepseek "));
    EXPECT_THAT(line, HasSubstr(" cn1=17 "));
    EXPECT_THAT(line, Not(HasSubstr("src=")));
}

TEST(LogLineTest, CefHasAnIpv6ClientInItsOwnField) {
    HitRecord hit = record();
    hit.hit.identity = telemetry::IdentityLevel::Address;
    hit.client = "192.0.2.7";
    EXPECT_THAT(log_line(LogFormat::Cef, hit, kOrigin, 7), HasSubstr(" src=192.0.2.7 "));
    hit.client = "2001:db8::7";
    const std::string line = log_line(LogFormat::Cef, hit, kOrigin, 7);
    EXPECT_THAT(line, HasSubstr(" c6a2=2001:db8::7 c6a2Label=Source IPv6 Address "));
    EXPECT_THAT(line, Not(HasSubstr("src=")));
}

TEST(LogLineTest, AnIdentityHasAFieldInEachFormat) {
    auto hit = record();
    hit.client = "192.0.2.7";
    hit.hit.identity = telemetry::IdentityLevel::Address;
    EXPECT_FALSE(json::parse(log_line(LogFormat::Ecs, hit, kOrigin, 7))["labels"].contains("identity"));
    EXPECT_FALSE(json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 7))["unmapped"].contains("identity"));
    EXPECT_THAT(log_line(LogFormat::Cef, hit, kOrigin, 7), Not(HasSubstr("suser")));
    hit.identity = "certificate lab";
    EXPECT_EQ(json::parse(log_line(LogFormat::Jsonl, hit, kOrigin, 7))["identity"], "certificate lab");
    EXPECT_EQ(json::parse(log_line(LogFormat::Ecs, hit, kOrigin, 7))["labels"]["identity"], "certificate lab");
    EXPECT_EQ(json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 7))["unmapped"]["identity"], "certificate lab");
    EXPECT_THAT(log_line(LogFormat::Cef, hit, kOrigin, 7), HasSubstr(" suser=certificate lab "));
}

TEST(LogLineTest, OcsfHasTheCaptionOfEachRcode) {
    HitRecord hit = record();
    const auto rcode = [&hit](int number) {
        hit.hit.rcode = static_cast<wire::Rcode>(number);
        const auto line = json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 1));
        return std::pair<int, std::string>(line["rcode_id"], line["rcode"]);
    };
    EXPECT_EQ(rcode(2), std::pair(2, std::string("ServError")));
    EXPECT_EQ(rcode(11), std::pair(11, std::string("DSOTYPENI")));
    EXPECT_EQ(rcode(23), std::pair(99, std::string("RCODE23")));
}

TEST(LogLineTest, NoNameEndsALineOrAField) {
    for (const LogFormat format : {LogFormat::Jsonl, LogFormat::Ecs, LogFormat::Ocsf, LogFormat::Cef}) {
        HitRecord hit = record();
        hit.name = std::string("a\"b\n<script>\x1b\x00\xff|x=y\\", 21);
        hit.service = "s=t\r\n|CEF:0|";
        hit.directive = "d\\=|\n";
        const std::string line = log_line(format, hit, kOrigin, 1);
        for (const char forbidden : {'\n', '\r', '\x1b', '\0'})
            EXPECT_EQ(line.find(forbidden), std::string::npos) << log_format_to_text(format);
        EXPECT_TRUE(format == LogFormat::Cef || json::accept(line));
    }
    HitRecord hit = record();
    hit.directive = "d\\=|";
    EXPECT_THAT(log_line(LogFormat::Cef, hit, kOrigin, 1), HasSubstr("cs1=d\\\\\\=| "));
}

TEST(LogLineTest, ADroppedQueryHasNoRcode) {
    HitRecord hit = record();
    hit.hit.source = telemetry::Source::None;
    EXPECT_EQ(json::parse(log_line(LogFormat::Jsonl, hit, kOrigin, 1))["rcode"], nullptr);
    const auto in_ocsf = json::parse(log_line(LogFormat::Ocsf, hit, kOrigin, 1));
    EXPECT_FALSE(in_ocsf.contains("rcode_id"));
    EXPECT_EQ(in_ocsf["type_uid"], 400301) << "a query, and no response";
    const auto in_ecs = json::parse(log_line(LogFormat::Ecs, hit, kOrigin, 1));
    EXPECT_EQ(in_ecs["dns"]["type"], "query");
    EXPECT_EQ(in_ecs["event"]["outcome"], "unknown");
}

TEST(RcodeText, HasNamesAndNumbers) {
    EXPECT_EQ(rcode_to_text(wire::Rcode::NXDomain), "NXDOMAIN");
    EXPECT_EQ(rcode_to_text(static_cast<wire::Rcode>(11)), "RCODE11");
}

}  // namespace
}  // namespace cenote::sinks
