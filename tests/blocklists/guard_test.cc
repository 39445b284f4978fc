// SPDX-License-Identifier: Apache-2.0
#include "blocklists/guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blocklists/public_suffix.h"
#include "tests/blocklists/lists.h"

namespace cenote::blocklists {
namespace {

using domainset::MatchKind;
using ::testing::HasSubstr;

TEST(PublicSuffix, IcannSectionOnly) {
    for (const auto* text : {"com", "co.uk", "go.kr", "kr", "xn--p1ai"})
        EXPECT_TRUE(is_public_suffix(name(text))) << text;
    EXPECT_TRUE(is_public_suffix(name("x.kawasaki.jp"))) << "a rule with a star";
    EXPECT_FALSE(is_public_suffix(name("city.kawasaki.jp"))) << "and its exception";
    for (const auto* text : {"example.com", "github.io", "blogspot.com", "no-such-top", "example.no-such-top"})
        EXPECT_FALSE(is_public_suffix(name(text))) << text;
    EXPECT_FALSE(is_public_suffix(wire::Name()));
}

TEST(Guard, NameOnlyLeavesNamesBelowFree) {
    Guard guard;
    guard.add(name("shared.example.com"), Guard::Reach::NameOnly, "a shared name of x");
    EXPECT_THAT(guard.why_not(name("shared.example.com"), MatchKind::Exact).value_or(""),
                HasSubstr("shared name of x"));
    EXPECT_TRUE(guard.why_not(name("shared.example.com"), MatchKind::Suffix));
    EXPECT_FALSE(guard.why_not(name("a.shared.example.com"), MatchKind::Suffix));
}

TEST(Guard, WhatCoversIsGuardedToo) {
    Guard guard;
    guard.add(name("a.shared.example.com"), Guard::Reach::NameOnly, "a shared name of x");
    EXPECT_THAT(guard.why_not(name("example.com"), MatchKind::Suffix).value_or(""), HasSubstr("a.shared.example.com"));
    EXPECT_TRUE(guard.why_not(name("shared.example.com"), MatchKind::Suffix));
    EXPECT_FALSE(guard.why_not(name("example.com"), MatchKind::Exact)) << "a single host covers nothing";
    EXPECT_FALSE(guard.why_not(name("other.example.com"), MatchKind::Suffix));
}

TEST(Guard, NameAndBelow) {
    Guard guard;
    guard.add(name("agency.example"), Guard::Reach::NameAndBelow, "under protect");
    guard.add(name("agency.example"), Guard::Reach::NameOnly, "a shared name of x");
    EXPECT_TRUE(guard.why_not(name("agency.example"), MatchKind::Exact));
    EXPECT_THAT(guard.why_not(name("a.b.agency.example"), MatchKind::Exact).value_or(""), HasSubstr("under protect"));
    EXPECT_TRUE(guard.why_not(name("a.b.agency.example"), MatchKind::Suffix));
    EXPECT_FALSE(guard.why_not(name("xagency.example"), MatchKind::Suffix));
}

TEST(Guard, PublicSuffixesAlways) {
    EXPECT_TRUE(Guard().why_not(name("co.uk"), MatchKind::Suffix));
    EXPECT_TRUE(Guard().why_not(name("co.uk"), MatchKind::Exact));
    EXPECT_FALSE(Guard().why_not(name("example.co.uk"), MatchKind::Suffix));
}

}  // namespace
}  // namespace cenote::blocklists
