// SPDX-License-Identifier: Apache-2.0
//
// Queries of clients that have proved an identity: their verdicts, what is recorded of them, and a query that waits
// while the policy changes.
#include <gtest/gtest.h>

#include "tests/engine/fixture.h"

namespace cenote::engine {
namespace {

using policy::testing::group;
using policy::testing::kNow;
using testing::catalogue;
using testing::directive;

policy::Group lab_group(std::string id) {
    policy::Group made;
    made.certificates = {"*." + id + ".example"};
    made.id = std::move(id);
    return made;
}

policy::Options restricting(std::vector<policy::Group> groups, const std::string& group) {
    policy::Options options;
    options.groups = std::move(groups);
    auto made = directive("d1", policy::Step::Restrict, {"service:deepseek"});
    made.groups = {group};
    options.directives = {made};
    return options;
}

class IdentityTest : public testing::EngineFixture {
protected:
    /// In the place of the policy before, as a reload does it.
    void enforce(const policy::Options& options) {
        auto shared = std::make_shared<const policy::Options>(options);
        policy_ = policy_ == nullptr
                      ? policy::Policy::build(std::move(shared), catalogue(), 17, kNow).value()
                      : policy::Policy::rebuild(*policy_, std::move(shared), catalogue(), 17, kNow).value();
        auto snapshot = std::make_shared<Snapshot>(base);
        snapshot->policy = policy_;
        snapshot->cell_keys = cell_keys_of(*policy_, telemetry::IdentityLevel::Address, keys);
        for (policy::ClientClass i = 0; i < policy_->address_class_count(); ++i)
            snapshot->group_keys.push_back(keys.intern(telemetry::KeyKind::Group, policy_->group_of(i)));
        for (policy::ClientClass i = policy_->address_class_count(); i < policy_->class_count(); ++i)
            snapshot->identified.push_back({keys.intern(telemetry::KeyKind::Group, policy_->group_of(i)),
                                            keys.intern(telemetry::KeyKind::Identity, policy_->identity_of(i))});
        publish(std::move(snapshot));
    }
    [[nodiscard]] policy::Identity identity_of(std::string_view name) const {
        const auto read = policy::CertificateName::parse_name(name).value();
        return policy_->identities().identify({&read, 1}, nullptr);
    }
    [[nodiscard]] bool is_sinkholed() const { return text().find("EDE: 15") != std::string::npos; }

    std::shared_ptr<const policy::Policy> policy_;
};

TEST_F(IdentityTest, AnIdentityAddsItsGroups) {
    enforce(restricting({lab_group("lab")}, "lab"));
    EXPECT_EQ(ask({.name = "deepseek.com"}), Outcome::Pending) << "by its address it is in no group";
    client.identity = identity_of("a.lab.example");
    EXPECT_EQ(ask({.name = "deepseek.com"}), Outcome::Answered);
    EXPECT_TRUE(is_sinkholed()) << text();
    client.identity = policy::Identity{999};
    EXPECT_EQ(ask({.name = "deepseek.com"}), Outcome::Pending) << "a number that this policy does not have";
}

TEST_F(IdentityTest, AWaitingQueryKeepsItsGroupsOverAReload) {
    auto options = restricting({lab_group("lab")}, "lab");
    auto& directives = options.directives;
    const auto kept = directives;
    directives.clear();
    enforce(options);
    client.identity = identity_of("a.lab.example");
    ASSERT_EQ(ask({.name = "deepseek.com"}), Outcome::Pending);
    // Another group comes before it, so that its place in the policy is another one.
    options.groups.insert(options.groups.begin(), lab_group("first"));
    directives = kept;
    enforce(options);
    answer(0, wire::Rcode::NoError, {{"deepseek.com", "A", 60, "192.0.2.1"}}, {});
    ASSERT_EQ(late.size(), 1U);
    EXPECT_NE(late_text(0).find("EDE: 15"), std::string::npos) << late_text(0);
}

TEST_F(IdentityTest, AWaitingQueryGetsNoOtherGroupOverAReload) {
    auto options = restricting({lab_group("lab")}, "lab");
    options.directives.clear();
    enforce(options);
    client.identity = identity_of("a.lab.example");
    ASSERT_EQ(ask({.name = "deepseek.com"}), Outcome::Pending);
    enforce(restricting({lab_group("other")}, "other"));
    answer(0, wire::Rcode::NoError, {{"deepseek.com", "A", 60, "192.0.2.1"}}, {});
    ASSERT_EQ(late.size(), 1U);
    EXPECT_NE(late_text(0).find("192.0.2.1"), std::string::npos) << late_text(0);
}

TEST_F(IdentityTest, AHitHasTheIdentityBesideTheAddressAlone) {
    enforce(restricting({group("net", {"10.0.0.0/8"}), lab_group("lab")}, "lab"));
    hub.want_hits(true, 1);
    hub.set_identity(telemetry::IdentityLevel::Address);
    client.identity = identity_of("a.lab.example");
    ask({.name = "deepseek.com"});
    client.identity = policy::Identity::None;
    ask({.name = "deepseek.com"});  // of no directive: no hit
    std::vector<std::pair<std::string, std::string>> hits;
    hub.take_hits([&](const telemetry::Hit& hit) {
        hits.emplace_back(keys.name(telemetry::KeyKind::Group, hit.group_key),
                          keys.name(telemetry::KeyKind::Identity, hit.identity_key));
    });
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0], std::pair(std::string("lab"), std::string("certificate lab")));

    auto snapshot = std::make_shared<Snapshot>(*published->current());
    snapshot->cell_keys = cell_keys_of(*policy_, telemetry::IdentityLevel::Pseudonym, keys);
    publish(std::move(snapshot));
    client.identity = identity_of("a.lab.example");
    ask({.name = "deepseek.com"});
    hits.clear();
    hub.take_hits([&](const telemetry::Hit& hit) {
        hits.emplace_back(keys.name(telemetry::KeyKind::Group, hit.group_key),
                          keys.name(telemetry::KeyKind::Identity, hit.identity_key));
    });
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_EQ(hits[0], std::pair(std::string("lab"), std::string()));
}

}  // namespace
}  // namespace cenote::engine
