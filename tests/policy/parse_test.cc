// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "resolver/policy/policy.h"

namespace cenote::policy {
namespace {

TEST(Parse, WordsGoThereAndBack) {
    for (const Step step : {Step::None, Step::Observe, Step::Advise, Step::Restrict, Step::Block})
        EXPECT_EQ(parse_step(step_to_text(step)), step);
    for (const Layer layer : {Layer::Site, Layer::Agency, Layer::Ministry, Layer::Nation})
        EXPECT_EQ(parse_layer(layer_to_text(layer)), layer);
    for (const AnswerMode mode : {AnswerMode::Null, AnswerMode::Nodata, AnswerMode::Nxdomain, AnswerMode::Address,
                                  AnswerMode::Cname, AnswerMode::Refused, AnswerMode::Drop})
        EXPECT_EQ(parse_answer_mode(answer_mode_to_text(mode)), mode);
    EXPECT_EQ(step_to_text(Step::None), "nothing");
    EXPECT_EQ(parse_step("Block"), std::nullopt);
    EXPECT_EQ(parse_step(""), std::nullopt);
}

TEST(Parse, TargetsOfEveryKind) {
    for (const std::string_view text : {"service:deepseek", "category:companion", "vendor:Soul GmbH", "jurisdiction:CN",
                                        "list:extra", "domain:example.ai", "address:192.0.2.0/24", "service:*"}) {
        const auto target = parse_target(text);
        ASSERT_TRUE(target.ok()) << text;
        EXPECT_EQ(target_to_text(*target), text);
    }
    EXPECT_EQ(parse_target("domain:Example.AI").value().domain, wire::Name::parse("example.ai"));
    EXPECT_EQ(parse_target("service:*").value().kind, Target::Kind::AllServices);
}

TEST(Parse, WrongTargetsSayHow) {
    for (const std::string_view text : {"deepseek", "service:", "srv:deepseek", "vendor:*", "domain:*", "domain:a..b",
                                        "address:192.0.2.1/24", "address:nowhere", "", ":"}) {
        const auto target = parse_target(text);
        ASSERT_FALSE(target.ok()) << text;
        EXPECT_NE(target.error().text.find("write"), std::string::npos) << target.error().text;
    }
}

TEST(Parse, Hours) {
    const Hours work = parse_hours("mon-fri 08:00-19:00").value();
    EXPECT_EQ(work.days, (std::array<bool, 7>{true, true, true, true, true, false, false}));
    EXPECT_EQ(work.from_minute, 480);
    EXPECT_EQ(work.to_minute, 1140);
    EXPECT_EQ(parse_hours("fri-mon 00:00-24:00").value().days,
              (std::array<bool, 7>{true, false, false, false, true, true, true}));
    EXPECT_EQ(parse_hours("tue,sat 22:00-06:00").value().days,
              (std::array<bool, 7>{false, true, false, false, false, true, false}));
    EXPECT_EQ(parse_hours("12:30-13:30").value().days, (std::array<bool, 7>{true, true, true, true, true, true, true}));
}

TEST(Parse, HoursOfOneDigitAreShownWithTwo) {
    EXPECT_EQ(parse_hours("mon-fri 9:00-18:00").error().text,
              "'mon-fri 9:00-18:00' are not weekly hours; hours have two digits: \"mon-fri 09:00-18:00\"");
    EXPECT_NE(parse_hours("8:00-9:30").error().text.find("\"08:00-09:30\""), std::string::npos);
}

TEST(Parse, WrongHoursSayHow) {
    for (const std::string_view text :
         {"", "mon", "mon-fri", "mon-fri 8:00-19:00", "mon-fri 08:00-08:00", "mon-fri 24:00-08:00",
          "mon-fri 08:60-19:00", "mo-fr 08:00-19:00", "mon- 08:00-19:00", "mon-fri  08:00-19:00", "mon-fri 08:00-24:01",
          "mon,,fri 08:00-19:00"}) {
        const auto hours = parse_hours(text);
        ASSERT_FALSE(hours.ok()) << text;
        EXPECT_NE(hours.error().text.find("mon-fri 08:00-19:00"), std::string::npos);
    }
}

}  // namespace
}  // namespace cenote::policy
