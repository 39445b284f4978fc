// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/client_identity.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::server {
namespace {

using policy::Identity;
using Kind = loop::PeerCertificate::Kind;
using Standing = ClientIdentity::Standing;

constexpr std::string_view kToken = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";
constexpr std::string_view kOther = "0c66e0d5b1f94a2f8d3e7b5a69c81f24";
const WallTime kWall = policy::testing::kNow;
const Ticks kTicks = Ticks{} + std::chrono::hours{100};

policy::Identities identities(const policy::Identities* before, const std::string& pattern,
                              std::vector<std::string_view> tokens) {
    policy::Options options;
    options.groups.resize(2);
    options.groups[0].id = "lab";
    options.groups[0].certificates = {pattern};
    options.groups[1].id = "guests";
    options.groups[1].tokens = "guests.tokens";
    for (const auto token : tokens) options.groups[1].token_digests.push_back(policy::digest_of_token(token));
    return policy::Identities::build(options, before, 1).value();
}

loop::PeerCertificate certificate() {
    return {.names = {{Kind::Dns, "pc7.lab.example"}, {Kind::Dns, "*.lab.example"}},
            .ends = kWall + seconds(60),
            .trust = 9};
}

TEST(ClientIdentityTest, IsFoundAgainWhenThePolicyChanges) {
    const auto first = identities(nullptr, "*.lab.example", {kToken});
    ClientIdentity client;
    EXPECT_EQ(client.find(&first), Identity::None);
    EXPECT_EQ(client.find(nullptr), Identity::None);
    client.take(certificate(), kWall, kTicks);
    const Identity lab = client.find(&first);
    EXPECT_NE(lab, Identity::None);
    EXPECT_EQ(client.find(&first), lab);
    const auto without = identities(&first, "*.other.example", {kToken});
    EXPECT_EQ(client.find(&without), Identity::None);
    const auto again = identities(&without, "*.lab.example", {});
    EXPECT_EQ(client.find(&again), lab);
    EXPECT_EQ(client.find(nullptr), Identity::None) << "no policy is in force";
}

TEST(ClientIdentityTest, ATokenCountsForItsRequestAlone) {
    const auto first = identities(nullptr, "*.lab.example", {kToken});
    ClientIdentity client;
    const auto guest = client.find(&first, kToken);
    ASSERT_TRUE(guest);
    EXPECT_NE(*guest, Identity::None);
    EXPECT_EQ(client.find(&first), Identity::None);
    EXPECT_EQ(client.find(&first, kToken), guest);
    EXPECT_FALSE(client.find(&first, kOther));
    EXPECT_FALSE(client.find(&first, kToken.substr(1)));
    EXPECT_FALSE(client.find(&first, std::string(kToken) + "0"));
    EXPECT_FALSE(client.find(&first, std::string(policy::kTokenLengthMax + 1, 'a')));
    EXPECT_FALSE(client.find(nullptr, kToken));
    const auto other = identities(&first, "*.lab.example", {kOther});
    EXPECT_FALSE(client.find(&other, kToken)) << "it is in the file no more";
    EXPECT_EQ(client.find(&other, kOther), guest);
}

TEST(ClientIdentityTest, ATokenAndACertificateAddUp) {
    const auto of = identities(nullptr, "*.lab.example", {kToken});
    ClientIdentity client;
    client.take(certificate(), kWall, kTicks);
    const Identity lab = client.find(&of);
    const auto both = client.find(&of, kToken);
    ASSERT_TRUE(both);
    EXPECT_NE(*both, lab);
    EXPECT_NE(*both, *ClientIdentity().find(&of, kToken));
    EXPECT_EQ(client.find(&of), lab);
}

TEST(ClientIdentityTest, ACertificateCountsUntilItEndsOrIsCheckedByOthers) {
    ClientIdentity none;
    EXPECT_EQ(none.standing(kTicks, 1), Standing::Holds);
    ClientIdentity client;
    client.take(certificate(), kWall, kTicks);
    EXPECT_EQ(client.standing(kTicks + seconds(59), 9), Standing::Holds);
    EXPECT_EQ(client.standing(kTicks + seconds(60), 9), Standing::Ended);
    EXPECT_EQ(client.standing(kTicks + seconds(64), 9), Standing::Overdue);
    ClientIdentity other;
    other.take(certificate(), kWall, kTicks);
    EXPECT_EQ(other.standing(kTicks, 8), Standing::Ended);
    ClientIdentity forever;
    auto long_lived = certificate();
    long_lived.ends = policy::testing::time("9999-12-31T23:59:59Z");
    forever.take(long_lived, kWall, kTicks);
    EXPECT_EQ(forever.standing(kTicks + std::chrono::hours(24), 9), Standing::Holds);
}

}  // namespace
}  // namespace cenote::server
