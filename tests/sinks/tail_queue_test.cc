// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/tail_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace cenote::sinks {
namespace {

using nlohmann::json;

HitRecord hit(const std::string& name, const std::string& directive = "d1") {
    HitRecord made;
    made.name = name;
    made.directive = directive;
    made.service = "alpha";
    made.group = "staff";
    made.hit.directive_key = directive.empty() ? telemetry::kKeyNone : telemetry::Key{1};
    made.hit.verdict = telemetry::QueryVerdict::Restrict;
    return made;
}

std::vector<json> lines_of(const std::string& text) {
    std::vector<json> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
}

constexpr std::size_t kAll = TailQueue::kBytesMax * 2;

class TailQueueTest : public testing::Test {
protected:
    TailQueue queue(HitFilter filter = {}) {
        return {std::move(filter), LogOrigin{"dns1", "1", "digest"}, [this] { ++woken_; }};
    }
    int woken_ = 0;
};

TEST_F(TailQueueTest, LinesAreThoseOfTheLog) {
    auto tail = queue();
    tail.take(hit("one.example"));
    EXPECT_EQ(tail.take_lines(kAll),
              log_line(LogFormat::Jsonl, hit("one.example"), LogOrigin{"dns1", "1", "digest"}, 1) + "\n");
    EXPECT_EQ(tail.take_lines(kAll), "");
}

TEST_F(TailQueueTest, WhatNoDirectiveCoversIsLeftOut) {
    auto tail = queue();
    tail.take(hit("canary.example", ""));
    tail.end_round({});
    EXPECT_EQ(tail.take_lines(kAll), "");
    EXPECT_EQ(woken_, 0);
}

TEST_F(TailQueueTest, EachConditionOfTheFilterCounts) {
    EXPECT_TRUE(HitFilter{}.takes(hit("one.example")));
    EXPECT_TRUE((HitFilter{"d1", "alpha", "staff", "restrict"}).takes(hit("one.example")));
    EXPECT_FALSE((HitFilter{"d2", "", "", ""}).takes(hit("one.example")));
    EXPECT_FALSE((HitFilter{"", "beta", "", ""}).takes(hit("one.example")));
    EXPECT_FALSE((HitFilter{"", "", "lab", ""}).takes(hit("one.example")));
    EXPECT_FALSE((HitFilter{"", "", "", "block"}).takes(hit("one.example")));
    auto tail = queue({.directive = "d2", .service = {}, .group = {}, .verdict = {}});
    tail.take(hit("one.example"));
    tail.take(hit("two.example", "d2"));
    const auto lines = lines_of(tail.take_lines(kAll));
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0]["name"], "two.example");
    EXPECT_EQ(lines[0]["seq"], 1);
}

TEST_F(TailQueueTest, TheReaderIsWokenOnceARound) {
    auto tail = queue();
    tail.end_round({});
    EXPECT_EQ(woken_, 0);
    tail.take(hit("one.example"));
    tail.take(hit("two.example"));
    EXPECT_EQ(woken_, 0);
    tail.end_round({});
    tail.end_round({});
    EXPECT_EQ(woken_, 1);
}

TEST_F(TailQueueTest, AReaderThatDoesNotReadCostsBoundedMemoryAndIsToldWhatIsMissing) {
    auto tail = queue();
    constexpr std::uint64_t kHits = 10'000;
    for (std::uint64_t i = 0; i < kHits; ++i) tail.take(hit("one.example"));
    const std::string text = tail.take_lines(kAll);
    EXPECT_LT(text.size(), TailQueue::kBytesMax + 4096);
    auto lines = lines_of(text);
    EXPECT_EQ(lines.back(), (json{{"dropped", kHits - (lines.size() - 1)}}));
    tail.take(hit("next.example"));
    lines = lines_of(tail.take_lines(kAll));
    ASSERT_EQ(lines.size(), 1U) << "the loss is told once";
    EXPECT_EQ(lines[0]["seq"], kHits + 1) << "the hole in the numbers is the loss";
}

TEST_F(TailQueueTest, LinesStayWholeInParts) {
    auto tail = queue();
    std::string whole;
    for (std::uint64_t i = 1; i <= 10; ++i) {
        tail.take(hit("one.example"));
        whole += log_line(LogFormat::Jsonl, hit("one.example"), LogOrigin{"dns1", "1", "digest"}, i) + "\n";
    }
    const std::size_t line = whole.find('\n') + 1;
    std::string all = tail.take_lines(1);
    EXPECT_EQ(all.size(), line) << "one at least";
    all += tail.take_lines(2 * line + 1);
    EXPECT_EQ(all.size(), 3 * line);
    all += tail.take_lines(2 * line);
    EXPECT_EQ(all.size(), 5 * line);
    all += tail.take_lines(kAll);
    EXPECT_EQ(all, whole);
}

TEST_F(TailQueueTest, TheReaderIsWokenBeforeTheSpaceIsUsed) {
    auto tail = queue();
    for (int i = 0; woken_ == 0 && i < 10'000; ++i) tail.take(hit("one.example"));
    EXPECT_EQ(woken_, 1);
    const std::string lines = tail.take_lines(kAll);
    EXPECT_GE(lines.size(), TailQueue::kBytesMax / 2);
    EXPECT_LT(lines.size(), TailQueue::kBytesMax);
}

TEST_F(TailQueueTest, ANewPolicyIsInTheLinesFromThenOn) {
    auto tail = queue();
    tail.take(hit("one.example"));
    tail.set_origin({"dns1", "1", "other"});
    tail.take(hit("two.example"));
    const auto lines = lines_of(tail.take_lines(kAll));
    EXPECT_EQ(lines[0]["policy_digest"], "digest");
    EXPECT_EQ(lines[1]["policy_digest"], "other");
}

}  // namespace
}  // namespace cenote::sinks
