// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/address_guard.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::domainset {
namespace {

using Author = AddressGuard::Author;
using ::testing::HasSubstr;

Prefix prefix(std::string_view text) {
    const auto parsed = Prefix::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Prefix());
}

std::string why(const AddressGuard& guard, std::string_view text, AddressUse use, Author author) {
    return guard.why_not(prefix(text), use, author).value_or("");
}

TEST(AddressGuard, NoRuleClosesALargePartOfTheInternet) {
    for (const auto author : {Author::Operator, Author::List}) {
        for (const auto* wide : {"0.0.0.0/0", "0.0.0.0/1", "8.0.0.0/7", "::/0", "2000::/3", "2400::/12"})
            EXPECT_THAT(why({}, wide, AddressUse::Response, author), HasSubstr("wider")) << wide;
        for (const auto* fine :
             {"8.0.0.0/8", "192.0.2.0/24", "8.8.8.8", "2408::/16", "2001:db8::/48", "224.0.0.0/3", "ff00::/8"})
            EXPECT_EQ(why({}, fine, AddressUse::Response, author), "") << fine;
    }
}

TEST(AddressGuard, IPv4StandsInIPv6Too) {
    for (const auto* all : {"::/64", "64:ff9b::/96", "64:ff9b::/32", "64:ff9b::/100"})
        EXPECT_THAT(why({}, all, AddressUse::Response, Author::Operator), HasSubstr("it covers 0.0.0.0/")) << all;
    EXPECT_EQ(why({}, "64:ff9b::808:0/112", AddressUse::Response, Author::Operator), "");
    const AddressGuard guard({{*IpAddress::parse("192.0.2.7"), "a server"}});
    EXPECT_EQ(why(guard, "64:ff9b::c000:200/120", AddressUse::Response, Author::List), "it covers 192.0.2.7, a server");
}

TEST(AddressGuard, WhatTheConfigurationNeedsStaysOpen) {
    const AddressGuard guard({{*IpAddress::parse("10.1.2.3"), "where the [[local]] name a.example leads"},
                              {*IpAddress::parse("2001:db8::53"), "a server of [upstream]"}});
    for (const auto use : {AddressUse::Response, AddressUse::Client}) {
        EXPECT_EQ(why(guard, "10.1.2.3", use, Author::Operator),
                  "it covers 10.1.2.3, where the [[local]] name a.example leads");
        EXPECT_THAT(why(guard, "10.1.2.0/24", use, Author::List), HasSubstr("it covers 10.1.2.3"));
        EXPECT_THAT(why(guard, "2001:db8::/64", use, Author::List), HasSubstr("a server of [upstream]"));
        EXPECT_EQ(why(guard, "10.1.3.0/24", use, Author::List), "");
    }
}

TEST(AddressGuard, PrivateSpaceIsTheOperatorsToClose) {
    for (const auto* text : {"10.0.0.0/8", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10",
                             "169.254.0.0/16", "fc00::/7", "fd00::/48", "fe80::/10"}) {
        EXPECT_EQ(why({}, text, AddressUse::Response, Author::Operator), "") << text;
        EXPECT_THAT(why({}, text, AddressUse::Response, Author::List), HasSubstr("private address space")) << text;
    }
    EXPECT_THAT(why({}, "172.0.0.0/8", AddressUse::Response, Author::List), HasSubstr("172.16.0.0/12"));
    EXPECT_EQ(why({}, "192.168.7.0/24", AddressUse::Response, Author::List), "");
    EXPECT_EQ(why({}, "fd00:1:2:3::/64", AddressUse::Response, Author::List), "");
}

TEST(AddressGuard, AListClosesEverythingToFewClientsOnly) {
    for (const auto* text : {"0.0.0.0/0", "10.20.0.0/16", "10.20.0.0/23", "::/0", "2001:db8::/48"})
        EXPECT_THAT(why({}, text, AddressUse::Client, Author::List), HasSubstr("wider")) << text;
    for (const auto* text : {"10.20.3.0/24", "10.20.3.7", "2001:db8:0:100::/56", "fd00::7"})
        EXPECT_EQ(why({}, text, AddressUse::Client, Author::List), "") << text;
}

std::vector<Prefix> eights(int count) {
    std::vector<Prefix> all;
    for (int i = 0; i < count; ++i) all.emplace_back(IpAddress::v4({static_cast<std::uint8_t>(20 + i), 0, 0, 0}), 104);
    return all;
}

TEST(AddressSpace, CountsEachAddressOnce) {
    auto some = eights(2);
    some.push_back(prefix("20.1.0.0/16"));
    some.push_back(prefix("20.0.0.0/8"));
    some.push_back(prefix("40.0.0.0/9"));
    some.push_back(prefix("10.0.0.0/8"));
    some.push_back(prefix("2400::/16"));
    some.push_back(prefix("2400::/17"));
    const auto space = space_of(some, AddressUse::Response);
    EXPECT_DOUBLE_EQ(space.ipv4, 2.5) << "private space holds no names of the Internet";
    EXPECT_DOUBLE_EQ(space.ipv6, 1);
    EXPECT_DOUBLE_EQ(space_of({prefix("10.20.0.0/24"), prefix("10.20.1.0/25")}, AddressUse::Client).ipv4, 1.5);
}

TEST(AddressSpace, RulesTogetherCloseAsLittleAsOneMay) {
    const auto refused = [](const AddressSpace& now, const AddressSpace& before, AddressUse use) {
        return why_not_together(now, before, use).value_or("");
    };
    const auto four = space_of(eights(4), AddressUse::Response);
    const auto five = space_of(eights(5), AddressUse::Response);
    EXPECT_EQ(refused(four, {}, AddressUse::Response), "");
    EXPECT_EQ(refused(five, {}, AddressUse::Response),
              "its rules over addresses close as much as 5 IPv4 prefixes of /8 together, 4 are the most");
    EXPECT_NE(refused(five, four, AddressUse::Response), "") << "not by small steps either";
    EXPECT_EQ(refused(five, five, AddressUse::Response), "") << "it was taken by force";
    EXPECT_NE(refused({.ipv4 = 7, .ipv6 = 0}, five, AddressUse::Response), "");
    EXPECT_THAT(refused({.ipv4 = 0, .ipv6 = 17}, {}, AddressUse::Client),
                HasSubstr("over clients close as much as 17"));
}

}  // namespace
}  // namespace cenote::domainset
