// SPDX-License-Identifier: Apache-2.0
#include "blocklists/acceptance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "blocklists/list_copy.h"
#include "blocklists/public_suffix.h"
#include "tests/blocklists/lists.h"

namespace cenote::blocklists {
namespace {

using domainset::MatchKind;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// Empty: it is accepted.
std::string refusal(const Status& status) { return status ? std::string() : status.error().text; }

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
    EXPECT_THAT(refusal(guard.check_name(name("shared.example.com"), MatchKind::Exact)), HasSubstr("shared name of x"));
    EXPECT_FALSE(guard.check_name(name("shared.example.com"), MatchKind::Suffix));
    EXPECT_TRUE(guard.check_name(name("a.shared.example.com"), MatchKind::Suffix));
}

TEST(Guard, WhatCoversIsGuardedToo) {
    Guard guard;
    guard.add(name("a.shared.example.com"), Guard::Reach::NameOnly, "a shared name of x");
    EXPECT_THAT(refusal(guard.check_name(name("example.com"), MatchKind::Suffix)), HasSubstr("a.shared.example.com"));
    EXPECT_FALSE(guard.check_name(name("shared.example.com"), MatchKind::Suffix));
    EXPECT_TRUE(guard.check_name(name("example.com"), MatchKind::Exact)) << "a single host covers nothing";
    EXPECT_TRUE(guard.check_name(name("other.example.com"), MatchKind::Suffix));
}

TEST(Guard, NameAndBelow) {
    Guard guard;
    guard.add(name("agency.example"), Guard::Reach::NameAndBelow, "under protect");
    guard.add(name("agency.example"), Guard::Reach::NameOnly, "a shared name of x");
    EXPECT_FALSE(guard.check_name(name("agency.example"), MatchKind::Exact));
    EXPECT_THAT(refusal(guard.check_name(name("a.b.agency.example"), MatchKind::Exact)), HasSubstr("under protect"));
    EXPECT_FALSE(guard.check_name(name("a.b.agency.example"), MatchKind::Suffix));
    EXPECT_TRUE(guard.check_name(name("xagency.example"), MatchKind::Suffix));
}

TEST(Guard, PublicSuffixesAlways) {
    EXPECT_FALSE(Guard().check_name(name("co.uk"), MatchKind::Suffix));
    EXPECT_FALSE(Guard().check_name(name("co.uk"), MatchKind::Exact));
    EXPECT_TRUE(Guard().check_name(name("example.co.uk"), MatchKind::Suffix));
}

/// Copies of one list, judged one against the other.
class Copies : public ::testing::Test {
protected:
    static std::string numbered(const std::string& label, int count) {
        std::string text;
        for (int i = 0; i < count; ++i) text += label + std::to_string(i) + ".example\n";
        return text;
    }
    [[nodiscard]] Acceptance acceptance() const {
        auto made = Acceptance::of(manifest_, {});
        EXPECT_TRUE(made.ok());
        return *std::move(made);
    }
    static ListCopy copy(const Acceptance& by, const std::string& text, Format format = Format::Domains) {
        auto read = ListCopy::of(text, "list", format, by.guard(), {});
        EXPECT_TRUE(read.ok());
        return *std::move(read);
    }
    [[nodiscard]] std::string after(const std::string& before, const std::string& now) const {
        const Acceptance by = acceptance();
        const ListCopy last_good = copy(by, before);
        return refusal(by.check_copy(&last_good, copy(by, now)));
    }
    [[nodiscard]] std::string first(const std::string& now, Format format = Format::Domains) const {
        const Acceptance by = acceptance();
        return refusal(by.check_copy(nullptr, copy(by, now, format)));
    }

    Manifest manifest_;
};

TEST_F(Copies, AFirstCopyIsTakenWithoutItsGuardedEntries) {
    manifest_.protect = {name("agency.example")};
    EXPECT_EQ(first("www.agency.example\nads.example\ncom\n"), "");
    const Acceptance by = acceptance();
    EXPECT_EQ(copy(by, "www.agency.example\nads.example\ncom\n").count(), 1U);
}

TEST_F(Copies, AGuardedEntryThatIsNewRefusesTheCopy) {
    manifest_.protect = {name("agency.example")};
    EXPECT_EQ(after("ads.example\n", "ads.example\nwww.agency.example\n"),
              "it adds 'www.agency.example' in line 2, which may not be sinkholed: it is below 'agency.example', under "
              "protect");
    EXPECT_EQ(after("ads.example\nwww.agency.example\n", "www.agency.example\nads.example\n"), "")
        << "it had it before";
    const std::string many = "agency.example\n" +
                             std::string("a.agency.example\nb.agency.example\nc.agency.example\n") +
                             "d.agency.example\ne.agency.example\nf.agency.example\n";
    EXPECT_THAT(after("ads.example\n", many),
                AllOf(HasSubstr("it adds 7 entries that may not be sinkholed: "),
                      HasSubstr("'agency.example' in line 1: it is under protect; "), HasSubstr("; and 2 more")));
}

TEST_F(Copies, SizeMayChangeWithinLimits) {
    EXPECT_EQ(after(numbered("n", 100), numbered("n", 50)), "");
    EXPECT_EQ(after(numbered("n", 100), numbered("n", 49)), "it lost 51 of 100 entries");
    EXPECT_EQ(after(numbered("n", 100), numbered("n", 300)), "");
    EXPECT_EQ(after(numbered("n", 100), numbered("n", 301)), "it grew from 100 to 301 entries");
    EXPECT_EQ(after(numbered("n", 19), ""), "") << "fewer entries than change_min";
    EXPECT_EQ(after(numbered("n", 20), ""), "it lost 20 of 20 entries");
    EXPECT_EQ(after("", numbered("n", 19)), "");
    EXPECT_EQ(after("", numbered("n", 20)), "it grew from 0 to 20 entries");
}

TEST_F(Copies, PopularNamesAreCountedByRegisteredDomain) {
    for (int i = 0; i < 11; ++i) manifest_.popular_names.push_back(name("www.n" + std::to_string(i) + ".example"));
    manifest_.popular_names.push_back(name("api.n0.example"));
    const std::string old = numbered("old", 100);
    EXPECT_EQ(after(old, old + numbered("n", 10)), "");
    EXPECT_EQ(after(old, old + numbered("n", 11)),
              "it would newly sinkhole 11 popular names, www.n0.example, www.n1.example, www.n2.example first");
    EXPECT_EQ(after(old + "n0.example\n", old + numbered("n", 11)), "") << "one of them is not new";
}

TEST_F(Copies, AddressSpaceIsLimitedForAFirstCopyToo) {
    std::string text = policy_zone("");
    for (int i = 1; i <= 4; ++i) text += "8.0.0.0." + std::to_string(i * 20) + ".rpz-ip CNAME .\n";
    EXPECT_EQ(first(text, Format::Rpz), "");
    EXPECT_THAT(first(text + "8.0.0.0.99.rpz-ip CNAME .\n", Format::Rpz),
                HasSubstr("its rules over addresses close as much as 5 IPv4 prefixes of /8 together"));
}

TEST_F(Copies, ARefusalNamesTheSourceAndWhatServes) {
    const Acceptance by = acceptance();
    const ListCopy before = copy(by, "ads.example\n");
    const ListCopy now = copy(by, "com\n");
    Manifest::List list{.id = "d", .path = "/tmp/d.txt"};
    list.url = "https://lists.example/d.txt";
    EXPECT_EQ(
        refusal(by.check_list(list, &before, now)),
        "https://lists.example/d.txt: it adds 'com' in line 1, which may not be sinkholed: it is a public suffix, "
        "below which anybody registers names; the last good copy serves, force takes the new one as it is");
    list.url.clear();
    list.key = "a key";
    list.signed_since = 1'700'000'000;
    EXPECT_EQ(refusal(by.check_list(list, &before, before)),
              "/tmp/d.txt: it is signed without a time, before the last good copy (2023-11-14T22:13:20Z), as an older "
              "list in its place would be; the last good copy serves, force takes this one as it is");
    EXPECT_EQ(refusal(by.check_catalogue(before, copy(by, "ads.example\nnet\n"))),
              "the catalogue is not taken: it adds 'net' in line 2, which may not be sinkholed: it is a public suffix, "
              "below which anybody registers names; the set in use stays, force takes the catalogue as it is");
}

TEST_F(Copies, ForceTakesAll) {
    manifest_.force = true;
    EXPECT_EQ(acceptance().guard(), nullptr);
    EXPECT_TRUE(acceptance().check_service_name(name("com")));
    EXPECT_EQ(after(numbered("n", 100), "com\n"), "");
    manifest_.force = false;
    EXPECT_EQ(refusal(acceptance().check_service_name(name("com"))),
              "it is a public suffix, below which anybody registers names");
}

TEST_F(Copies, ADeltaTakesWhatNeedsNoDecision) {
    manifest_.protect = {name("agency.example")};
    manifest_.popular_names = {name("www.famous.example")};
    const Acceptance by = acceptance();
    EXPECT_TRUE(by.delta_takes(19, 0));
    EXPECT_FALSE(by.delta_takes(20, 0));
    EXPECT_FALSE(by.delta_takes(20, 319));
    EXPECT_TRUE(by.delta_takes(20, 320));
    EXPECT_TRUE(by.delta_holds(65536));
    EXPECT_FALSE(by.delta_holds(65537));
    Rule rule{.name = name("famous.example")};
    EXPECT_TRUE(by.delta_knows(rule));
    EXPECT_FALSE(by.delta_changes(rule)) << "a popular name is below it";
    rule.name = name("www.agency.example");
    EXPECT_FALSE(by.delta_knows(rule));
    rule.name = name("ads.example");
    EXPECT_TRUE(by.delta_changes(rule));
    rule.trigger = Rule::Trigger::ClientIp;
    EXPECT_FALSE(by.delta_knows(rule));
}

}  // namespace
}  // namespace cenote::blocklists
