// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/groups.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::group;
using testing::ip;

const OwnerSet& set_of(const PrefixSets& classes, std::string_view client) {
    return classes.sets[classes.table.find(ip(client))];
}

TEST(Groups, AClientIsInEveryGroupWhosePrefixContainsIt) {
    const std::vector<Group> groups{group("ministry", {"10.20.0.0/16", "2001:db8:20::/48"}),
                                    group("lab", {"10.20.7.0/24"}), group("other", {"10.30.0.0/16"})};
    const PrefixSets classes = classes_of(groups, {}, {});
    EXPECT_EQ(set_of(classes, "10.20.1.1"), (OwnerSet{{0}, 0}));
    EXPECT_EQ(set_of(classes, "10.20.7.1"), (OwnerSet{{0, 1}, 1}));
    EXPECT_EQ(set_of(classes, "2001:db8:20::1"), (OwnerSet{{0}, 0}));
    EXPECT_EQ(set_of(classes, "10.30.0.1"), (OwnerSet{{2}, 2}));
    EXPECT_EQ(set_of(classes, "192.0.2.1"), OwnerSet{});
    EXPECT_EQ(classes.sets.size(), 4U);
}

TEST(Groups, OfEqualPrefixesTheFirstListedIsNearest) {
    const std::vector<Group> groups{group("a", {"10.0.0.0/8"}), group("b", {"10.0.0.0/8"}), group("c", {"10.1.0.0/16"}),
                                    group("d", {"10.1.0.0/16", "10.0.0.0/8"})};
    const PrefixSets classes = classes_of(groups, {}, {});
    EXPECT_EQ(set_of(classes, "10.9.9.9"), (OwnerSet{{0, 1, 3}, 0}));
    EXPECT_EQ(set_of(classes, "10.1.1.1"), (OwnerSet{{0, 1, 2, 3}, 2}));
}

TEST(Groups, TheSameGroupsWithAnotherNearestAreAnotherClass) {
    const std::vector<Group> groups{group("a", {"10.0.0.0/8", "10.1.1.0/24"}), group("b", {"10.1.0.0/16"})};
    const PrefixSets classes = classes_of(groups, {}, {});
    EXPECT_EQ(set_of(classes, "10.1.0.1"), (OwnerSet{{0, 1}, 1}));
    EXPECT_EQ(set_of(classes, "10.1.1.1"), (OwnerSet{{0, 1}, 0}));
}

TEST(Groups, APrefixOfEverythingHoldsBothFamilies) {
    const std::vector<Group> groups{group("all", {"::/0"}), group("four", {"0.0.0.0/0"})};
    const PrefixSets classes = classes_of(groups, {}, {});
    EXPECT_EQ(set_of(classes, "192.0.2.1"), (OwnerSet{{0, 1}, 1}));
    EXPECT_EQ(set_of(classes, "2001:db8::1"), (OwnerSet{{0}, 0}));
}

TEST(Groups, AgreesWithAskingEveryPrefix) {
    std::mt19937 random(11);
    std::vector<Group> groups;
    for (int i = 0; i < 12; ++i) {
        Group made = group("g" + std::to_string(i), {});
        for (int j = 0; j < 5; ++j) {
            const auto length = static_cast<std::uint8_t>(96 + random() % 33);
            std::array<std::uint8_t, 4> octets{10, static_cast<std::uint8_t>(random() % 2),
                                               static_cast<std::uint8_t>(random() % 4),
                                               static_cast<std::uint8_t>(random())};
            for (unsigned bit = length - 96U; bit < 32; ++bit)
                octets[bit / 8] = static_cast<std::uint8_t>(octets[bit / 8] & ~(0x80U >> (bit % 8)));
            made.clients.emplace_back(IpAddress::v4(octets), length);
        }
        groups.push_back(std::move(made));
    }
    const PrefixSets classes = classes_of(groups, {}, {});
    for (int i = 0; i < 5000; ++i) {
        const auto client =
            IpAddress::v4({10, static_cast<std::uint8_t>(random() % 2), static_cast<std::uint8_t>(random() % 4),
                           static_cast<std::uint8_t>(random())});
        OwnerSet expected;
        int longest = -1;
        for (std::uint32_t g = 0; g < groups.size(); ++g) {
            int here = -1;
            for (const Prefix& each : groups[g].clients)
                if (each.contains(client)) here = std::max<int>(here, each.mapped_length());
            if (here < 0) continue;
            expected.owners.push_back(g);
            if (here > longest) {
                longest = here;
                expected.nearest = g;
            }
        }
        ASSERT_EQ(classes.sets[classes.table.find(client)], expected) << client.to_string();
    }
}

TEST(Groups, MeetAndInclude) {
    EXPECT_TRUE(meet({}, {"a"}));
    EXPECT_TRUE(meet({"everyone"}, {"a"}));
    EXPECT_TRUE(meet({"a", "b"}, {"b"}));
    EXPECT_FALSE(meet({"a"}, {"b"}));
    EXPECT_TRUE(include({}, {"a"}));
    EXPECT_TRUE(include({"a", "b"}, {"b"}));
    EXPECT_FALSE(include({"a"}, {}));
    EXPECT_FALSE(include({"a"}, {"a", "b"}));
}

}  // namespace
}  // namespace cenote::policy
