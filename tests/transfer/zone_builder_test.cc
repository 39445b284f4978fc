// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/policy/fixture.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using policy::Step;
using policy::testing::kNow;
using testing::kSecondary;
using testing::kZone;

class ZoneBuilderTest : public ::testing::Test {
protected:
    void SetUp() override {
        source_.options.primary_zones = {{.zone = kZone, .group = "everyone", .keys = {}, .notify = {kSecondary}}};
        source_.node = "dns1";
        restrict({"domain:bad.test"});
    }
    void restrict(std::vector<std::string_view> targets) {
        options_.directives.push_back(
            policy::testing::directive("d" + std::to_string(options_.directives.size()), Step::Restrict, {}));
        for (const auto text : targets) options_.directives.back().targets.push_back(policy::testing::target(text));
        source_.policy = policy::testing::build(options_, kNow);
    }
    ZoneBuilder::Built build() {
        auto built = ZoneBuilder::build(source_, *zones_, kNow);
        zones_ = built.zones;
        return built;
    }
    [[nodiscard]] std::vector<std::string> records() const {
        std::vector<std::string> all;
        for (const RpzRecord& record : *zones_->versions.at(0)->records) all.push_back(to_text(record));
        return all;
    }

    policy::Options options_;
    ZoneBuilder::Source source_;
    std::shared_ptr<const Zones> zones_ = std::make_shared<const Zones>();
};

TEST_F(ZoneBuilderTest, AFirstVersionIsAChange) {
    const auto built = build();
    ASSERT_EQ(built.changed.size(), 1U);
    EXPECT_EQ(built.changed[0], zones_->versions.at(0));
    EXPECT_THAT(records(), ::testing::UnorderedElementsAre("bad.test CNAME *.", "*.bad.test CNAME *."));
    EXPECT_TRUE(zones_->options == source_.options) << "whose keys and secondaries hold from now on";
}

TEST_F(ZoneBuilderTest, WhatChangesNothingIsNoVersion) {
    build();
    const auto before = zones_->versions.at(0);
    EXPECT_TRUE(build().changed.empty());
    EXPECT_EQ(zones_->versions.at(0), before);
}

TEST_F(ZoneBuilderTest, AChangeIsAStep) {
    build();
    restrict({"domain:new.test"});
    const auto built = build();
    ASSERT_EQ(built.changed.size(), 1U);
    ASSERT_EQ(built.changed[0]->differences.size(), 1U);
    EXPECT_TRUE(built.changed[0]->differences[0]->diff.removed.empty());
    EXPECT_EQ(built.changed[0]->differences[0]->diff.added.size(), 2U);
}

TEST_F(ZoneBuilderTest, AnotherKeyIsANewVersionWithoutSteps) {
    build();
    restrict({"domain:new.test"});
    build();
    source_.options.primary_zones[0].keys = {*wire::Name::parse("key")};
    const auto built = build();
    ASSERT_EQ(built.changed.size(), 1U);
    EXPECT_TRUE(built.changed[0]->differences.empty());
}

TEST_F(ZoneBuilderTest, AZoneThatCannotBeBuiltStaysAsItWas) {
    build();
    const auto before = zones_->versions.at(0);
    source_.options.primary_zones[0].group = "nobody";
    EXPECT_TRUE(build().changed.empty());
    EXPECT_EQ(zones_->versions.at(0), before);
    zones_ = std::make_shared<const Zones>();
    EXPECT_TRUE(build().zones->versions.empty()) << "and where there was none, there is none";
}

TEST_F(ZoneBuilderTest, AZoneThatIsNoLongerConfiguredIsGone) {
    build();
    source_.options.primary_zones.clear();
    EXPECT_TRUE(build().zones->versions.empty());
}

TEST_F(ZoneBuilderTest, NamesThatDoNotFitBelowTheZoneAreLeftOut) {
    const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
                                  std::string(45, 'd') + ".test";
    restrict({"domain:" + long_name});
    build();
    EXPECT_THAT(records(), ::testing::UnorderedElementsAre("bad.test CNAME *.", "*.bad.test CNAME *."));
}

}  // namespace
}  // namespace cenote::transfer
