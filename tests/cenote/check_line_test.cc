// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/check_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tools/cenote/node_rules.h"

namespace cenote::cli {
namespace {

Json problem(const char* severity, const std::string& what) { return {{"severity", severity}, {"what", what}}; }

TEST(CheckLine, NoticesDoNotCount) {
    const auto well = check_problems(Json::array(), "dns1: 5 queries");
    EXPECT_EQ(well.exit, Exit::Done);
    EXPECT_EQ(well.line, "OK - dns1: 5 queries");
    const auto notice = check_problems(Json::array({problem("notice", "a review is due")}), "dns1");
    EXPECT_EQ(notice.exit, Exit::Done);
    EXPECT_EQ(notice.line, "OK - dns1, 1 notices");
}

TEST(CheckLine, TheSeverestDecidesAndGoesFirst) {
    Json problems = Json::array({problem("warning", "a list is stale"), problem("notice", "n")});
    auto checked = check_problems(problems, "");
    EXPECT_EQ(static_cast<int>(checked.exit), 1);
    EXPECT_EQ(checked.line, "WARNING - a list is stale");
    problems.push_back(problem("error", "a reload failed"));
    checked = check_problems(problems, "");
    EXPECT_EQ(static_cast<int>(checked.exit), 2);
    EXPECT_EQ(checked.line, "CRITICAL - a reload failed; a list is stale");
}

TEST(CheckLine, IsOneLineWithoutPerformanceData) {
    const auto checked = check_problems(Json::array({problem("error", "a | b\nc")}), "");
    EXPECT_THAT(checked.line, testing::Not(testing::HasSubstr("|")));
    EXPECT_THAT(checked.line, testing::Not(testing::HasSubstr("\n")));
    Json many = Json::array();
    for (int i = 0; i < 10; ++i) many.push_back(problem("warning", "w"));
    EXPECT_EQ(check_problems(many, "").line, "WARNING - w; w; w; w; w; w; w; w; and 2 more");
}

TEST(CheckLine, WithoutAnAnswerNothingIsKnown) {
    const auto checked = check_without_answer(Error{"nobody listens\nsecond line"});
    EXPECT_EQ(static_cast<int>(checked.exit), 3);
    EXPECT_EQ(checked.line, "UNKNOWN - cenoted does not answer: nobody listens");
}

std::vector<std::uint8_t> response(const std::string& text, std::uint16_t flags = 0x8400, std::uint16_t answers = 1) {
    std::string packet("\x12\x34", 2);
    const auto u16 = [&packet](std::size_t value) {
        packet += static_cast<char>(value >> 8);
        packet += static_cast<char>(value & 0xff);
    };
    u16(flags), u16(1), u16(answers), u16(0), u16(0);
    packet += std::string("\6policy\6cenote\0", 15);
    u16(16), u16(3);
    packet += std::string("\xc0\x0c", 2);
    u16(16), u16(3), u16(0), u16(0), u16(text.size() + 1);
    packet += static_cast<char>(text.size());
    packet += text;
    return {packet.begin(), packet.end()};
}

TEST(NodeRules, AreReadFromTheAnswer) {
    const auto packet = response("version 17 rules 33d1aa digest 5b0c audit 91ae");
    EXPECT_EQ(rules_in_response(packet, 0x1234), "33d1aa");
    EXPECT_EQ(rules_in_response(packet, 0x1235), std::nullopt) << "another query's";
    EXPECT_EQ(rules_in_response(response("version 17 digest 5b0c"), 0x1234), std::nullopt) << "an older node";
    EXPECT_EQ(rules_in_response(response("rules 1", 0x8405), 0x1234), std::nullopt) << "REFUSED";
    EXPECT_EQ(rules_in_response(response("rules 1", 0x0400), 0x1234), std::nullopt) << "a query";
    EXPECT_EQ(rules_in_response(response("rules 1", 0x8400, 0), 0x1234), std::nullopt);
    for (std::size_t size = 0; size < packet.size(); ++size)
        EXPECT_EQ(rules_in_response({packet.data(), size}, 0x1234), std::nullopt) << size;
}

}  // namespace
}  // namespace cenote::cli
