// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/table.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::directive;
using testing::group;
using testing::kNow;

std::size_t rows_of(const Options& options) {
    const auto base = testing::catalogue();
    const Moment moment = moment_of(options, kNow).value();
    const Overlay overlay = Overlay::build(options, base.get()).value();
    const PrefixSets classes = classes_of(options.groups, options.exceptions, {});
    CellMaker cells(options, base.get(), moment, 1);
    return VerdictTable({options, base.get(), overlay, classes, moment}, cells).row_count();
}

TEST(Rows, EqualOnesAreShared) {
    Rows rows(3);
    const std::vector<CellId> a{1, 2, 3}, b{1, 2, 4};
    EXPECT_EQ(rows.number_of(a), 0U);
    EXPECT_EQ(rows.number_of(b), 1U);
    EXPECT_EQ(rows.number_of(a), 0U);
    EXPECT_EQ(rows.count(), 2U);
    EXPECT_EQ(rows.at(1, 2), 4U);
}

TEST(VerdictTable, ClassesForWhomNothingDiffersShareARow) {
    Options options;
    for (int i = 0; i < 50; ++i) {
        options.groups.push_back(group("g" + std::to_string(i), {}));
        options.groups.back().clients = {Prefix(IpAddress::v4({10, static_cast<std::uint8_t>(i), 0, 0}), 112)};
        options.groups.back().language = i % 2 != 0 ? "ko" : "en";
    }
    options.directives = {directive("all", Step::Restrict, {"service:*"})};
    EXPECT_EQ(rows_of(options), 3U);  // one for each language, and one for the overlay
    options.directives.push_back(directive("some", Step::Block, {"service:deepseek"}));
    options.directives.back().groups = {"g3", "g4", "g5"};
    EXPECT_EQ(rows_of(options), 5U);  // g4 reads English
    options.directives[1].reason = {{"ko", "이유"}, {"en", "why"}};
    EXPECT_EQ(rows_of(options), 5U) << "the languages are apart already";
    options.groups[7].answer = AnswerMode::Refused;
    EXPECT_EQ(rows_of(options), 6U);
}

TEST(VerdictTable, DirectivesThatDoNotCountNowMakeNoRows) {
    Options options;
    options.groups = {group("a", {"10.0.0.0/8"}), group("b", {"11.0.0.0/8"})};
    options.directives = {directive("old", Step::Block, {"service:*"})};
    options.directives[0].groups = {"a"};
    options.directives[0].ends = kNow;
    EXPECT_EQ(rows_of(options), 2U);
}

}  // namespace
}  // namespace cenote::policy
