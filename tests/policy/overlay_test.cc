// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/overlay.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::allow;
using testing::directive;
using testing::ip;
using testing::name;

std::vector<Owner> owners_at(const Overlay& overlay, std::string_view text) {
    const auto hit = overlay.names->match(name(text));
    return hit ? overlay.columns[hit->tags] : std::vector<Owner>{};
}

TEST(Overlay, EverythingAboveANameHoldsForIt) {
    Options options;
    options.directives = {directive("a", Step::Observe, {"domain:example.ai"}),
                          directive("b", Step::Block, {"domain:deep.example.ai", "domain:other.example"})};
    options.allows = {allow({"chat.deep.example.ai"}, {})};
    const Overlay overlay = Overlay::build(options, nullptr).value();
    const Owner a{Owner::Kind::Directive, 0}, b{Owner::Kind::Directive, 1};
    const Owner open{Owner::Kind::Allow, 0}, above{Owner::Kind::OpenBelow, 0};
    EXPECT_EQ(owners_at(overlay, "x.example.ai"), std::vector{a});
    EXPECT_EQ(owners_at(overlay, "x.deep.example.ai"), (std::vector{a, b}));
    EXPECT_EQ(owners_at(overlay, "x.chat.deep.example.ai"), (std::vector{a, b, open}));
    EXPECT_EQ(owners_at(overlay, "deep.example.ai"), (std::vector{a, b, above}));
    EXPECT_EQ(owners_at(overlay, "example.ai"), (std::vector{a, above}));
    EXPECT_EQ(owners_at(overlay, "ai"), std::vector{above});
    EXPECT_EQ(owners_at(overlay, "notexample.ai"), std::vector<Owner>{});
}

TEST(Overlay, AddressesAreColumnsBehindTheNames) {
    Options options;
    options.directives = {directive("a", Step::Block, {"address:192.0.2.0/24", "domain:example.ai"}),
                          directive("b", Step::Block, {"address:192.0.2.128/25"})};
    const Overlay overlay = Overlay::build(options, nullptr).value();
    const Owner a{Owner::Kind::Directive, 0}, b{Owner::Kind::Directive, 1};
    EXPECT_EQ(overlay.columns[overlay.column_of(ip("192.0.2.1"))], std::vector{a});
    EXPECT_EQ(overlay.columns[overlay.column_of(ip("192.0.2.129"))], (std::vector{a, b}));
    EXPECT_EQ(overlay.column_of(ip("198.51.100.1")), kNoTags);
    EXPECT_GE(overlay.column_of(ip("192.0.2.1")), overlay.names->source_set_count());
}

TEST(Overlay, ParentsOfAListsExceptionsWhereSomebodyIsAnsweredNxdomain) {
    const auto base = testing::catalogue();
    Options options;
    options.directives = {directive("a", Step::Block, {"list:extra"})};
    EXPECT_FALSE(Overlay::build(options, base.get()).value().names.has_value());
    options.directives[0].answer = AnswerMode::Nxdomain;
    const Overlay overlay = Overlay::build(options, base.get()).value();
    const std::vector open{Owner{Owner::Kind::OpenBelow, Owner::kNoAllow}};
    EXPECT_EQ(owners_at(overlay, "bad.example"), open);
    EXPECT_EQ(owners_at(overlay, "example"), open);
    EXPECT_EQ(owners_at(overlay, "good.bad.example"), std::vector<Owner>{});
    EXPECT_EQ(owners_at(overlay, "x.bad.example"), std::vector<Owner>{});
}

TEST(Overlay, EmptyWithoutNames) {
    Options options;
    options.directives = {directive("a", Step::Block, {"service:*"})};
    const Overlay overlay = Overlay::build(options, nullptr).value();
    EXPECT_FALSE(overlay.names.has_value());
    EXPECT_TRUE(overlay.columns.empty());
    EXPECT_EQ(overlay.column_of(ip("192.0.2.1")), kNoTags);
}

TEST(Overlay, TheDigestTellsWhatColumnsMean) {
    Options options;
    options.directives = {directive("a", Step::Block, {"domain:example.ai", "address:192.0.2.0/24"})};
    const auto digest = Overlay::build(options, nullptr).value().digest;
    options.directives[0].step = Step::Observe;  // no matter for the names
    EXPECT_EQ(Overlay::build(options, nullptr).value().digest, digest);
    options.directives[0].targets[1] = testing::target("address:192.0.2.0/25");
    EXPECT_NE(Overlay::build(options, nullptr).value().digest, digest);
    options.directives[0].targets[0] = testing::target("domain:example.org");
    EXPECT_NE(Overlay::build(options, nullptr).value().digest, digest);
}

}  // namespace
}  // namespace cenote::policy
