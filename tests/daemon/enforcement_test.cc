// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/enforcement.h"

#include "resolver/base/digest.h"
#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class EnforcementTest : public DaemonTest {
protected:
    [[nodiscard]] std::unique_ptr<Enforcement> start(const ClockReading& moment, std::uint32_t last_version = 0) const {
        auto started = Enforcement::start(loaded(), last_version, moment, "");
        EXPECT_TRUE(started.ok()) << started.error().text;
        return std::move(*started);
    }

    /// What was loaded, with a change to its policy.
    template <typename Change>
    [[nodiscard]] Loaded changed(Change change) const {
        Loaded next = loaded();
        policy::Options options = *next.settings.policy;
        change(options);
        next.settings.policy = std::make_shared<const policy::Options>(std::move(options));
        return next;
    }
};

std::uint32_t seconds_of(WallTime time) { return static_cast<std::uint32_t>(time.time_since_epoch().count()); }

TEST_F(EnforcementTest, TheFirstPolicyIsInForceUnderItsVersionAndDigest) {
    const auto enforcement = start(after(seconds{0}));
    const state::PolicyVersion& version = enforcement->version();
    EXPECT_EQ(version.version, seconds_of(kNoon));
    EXPECT_EQ(version.at, kNoon);
    EXPECT_EQ(version.digest,
              to_hex(sha256({reinterpret_cast<const std::uint8_t*>(version.text.data()), version.text.size()})));
    EXPECT_THAT(version.text, HasSubstr("id = \"file-1\""));
    const auto snapshot = enforcement->snapshot();
    EXPECT_EQ(snapshot->policy.get(), &enforcement->policy());
    EXPECT_EQ(snapshot->policy->version(), version.version);
    EXPECT_EQ(snapshot->nsid, "node1 policy " + std::to_string(version.version));
    EXPECT_EQ(snapshot->policy_text, "version " + std::to_string(version.version) + " rules " +
                                         enforcement->rules_digest().substr(0, 16) + " digest " +
                                         version.digest.substr(0, 16));
    EXPECT_FALSE(snapshot->set_missing);
}

TEST_F(EnforcementTest, WhatClientsHaveUsedOfTheirRateOutlivesThePolicy) {
    const IpAddress client = IpAddress::parse("127.0.0.1").value();
    const auto enforcement = start(after(seconds{0}));
    EXPECT_EQ(enforcement->snapshot()->rate, nullptr);
    EXPECT_EQ(enforcement->snapshot()->allow_from.find(client), engine::Access::kFree);
    const auto enact_with = [&](std::uint32_t rate) {
        Loaded next = loaded();
        next.settings.rate = rate;
        auto prepared = enforcement->prepare(std::move(next), after(seconds{1}));
        ASSERT_TRUE(prepared.ok());
        enforcement->enact(std::move(*prepared), "");
    };
    enact_with(1);
    const auto table = enforcement->snapshot()->rate;
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(enforcement->snapshot()->allow_from.find(client), engine::Access::kLimited);
    EXPECT_EQ(enforcement->snapshot()->allow_from.find(IpAddress::parse("192.0.2.1").value()), engine::Access::kNone);
    enact_with(100);
    EXPECT_EQ(enforcement->snapshot()->rate, table);
    enforcement->publish_audit_head("91ae");
    EXPECT_EQ(enforcement->snapshot()->rate, table);
    enact_with(0);
    EXPECT_EQ(enforcement->snapshot()->rate, nullptr);
    EXPECT_EQ(enforcement->snapshot()->allow_from.find(client), engine::Access::kFree);
}

TEST_F(EnforcementTest, EveryPolicyHasAHigherVersion) {
    const auto enforcement = start(after(seconds{0}), 4'000'000'000);
    EXPECT_EQ(enforcement->version().version, 4'000'000'001) << "above the last run, though the clock is behind";
    auto next = enforcement->prepare(loaded(), after(seconds{1}));
    ASSERT_TRUE(next.ok());
    enforcement->enact(std::move(*next), "");
    EXPECT_EQ(enforcement->version().version, 4'000'000'002);
    enforcement->raise_last_version(4'100'000'000);
    enforcement->raise_last_version(5);
    next = enforcement->prepare(loaded(), after(seconds{2}));
    ASSERT_TRUE(next.ok());
    EXPECT_EQ(next->version.version, 4'100'000'001);
    EXPECT_EQ(enforcement->version().version, 4'000'000'002) << "prepared is not enacted";
}

TEST_F(EnforcementTest, AFailedPrepareChangesNothing) {
    const auto enforcement = start(after(seconds{0}));
    const auto snapshot = enforcement->snapshot();
    const auto version = enforcement->version().version;
    const Loaded wrong = changed([](policy::Options& options) {
        options.directives.front().targets = {policy::parse_target("service:unknown").value()};
    });
    const auto next = enforcement->prepare(wrong, after(seconds{60}));
    ASSERT_FALSE(next.ok());
    EXPECT_THAT(next.error().text, HasSubstr("unknown"));
    EXPECT_EQ(enforcement->snapshot(), snapshot);
    EXPECT_EQ(enforcement->version().version, version);
    const auto right = enforcement->prepare(loaded(), after(seconds{60}));
    ASSERT_TRUE(right.ok());
    EXPECT_EQ(right->version.version, seconds_of(kNoon) + 60);
}

TEST_F(EnforcementTest, ThePolicyThatWasPreparedIsTheOneInForce) {
    const auto enforcement = start(after(seconds{0}));
    const std::string before = enforcement->version().digest;
    auto next = enforcement->prepare(
        changed([](policy::Options& options) { options.directives.front().step = policy::Step::Block; }),
        after(seconds{1}));
    ASSERT_TRUE(next.ok());
    EXPECT_FALSE(enforcement->has_document_of(*next));
    EXPECT_EQ(enforcement->policy().step_of(0), policy::Step::Restrict);
    const auto version = next->version;
    enforcement->enact(std::move(*next), std::string(64, 'a'));
    EXPECT_EQ(enforcement->policy().step_of(0), policy::Step::Block);
    EXPECT_EQ(enforcement->loaded().settings.policy->directives.front().step, policy::Step::Block);
    EXPECT_NE(enforcement->version().digest, before);
    EXPECT_EQ(enforcement->version().digest, version.digest);
    EXPECT_THAT(enforcement->text(), ::testing::EndsWith(" audit aaaaaaaaaaaaaaaa"));
    EXPECT_EQ(policy_mark(enforcement->version()),
              "version " + std::to_string(version.version) + " digest " + version.digest);
}

TEST_F(EnforcementTest, ASamePolicyCanKeepItsVersion) {
    const auto enforcement = start(after(seconds{0}));
    const auto snapshot = enforcement->snapshot();
    Loaded same = loaded();
    same.left_out = {"directive node1-1"};
    auto next = enforcement->prepare(std::move(same), after(seconds{60}));
    ASSERT_TRUE(next.ok());
    EXPECT_TRUE(enforcement->has_document_of(*next));
    enforcement->keep_policy_with(std::move(next->loaded));
    EXPECT_THAT(enforcement->loaded().left_out, ElementsAre("directive node1-1"));
    EXPECT_EQ(enforcement->snapshot(), snapshot);
    EXPECT_EQ(enforcement->version().version, seconds_of(kNoon));
}

TEST_F(EnforcementTest, TheHeadOfTheTrailIsPublishedBesideTheSamePolicy) {
    const auto enforcement = start(after(seconds{0}));
    const auto before = enforcement->snapshot();
    Reader<engine::Snapshot> worker(enforcement->snapshots());
    enforcement->publish_audit_head(std::string(64, 'b'));
    worker.refresh();
    EXPECT_EQ(worker->policy_text, before->policy_text + " audit bbbbbbbbbbbbbbbb");
    EXPECT_EQ(worker->policy, before->policy);
}

TEST_F(EnforcementTest, TheNextEdgeIsTheOneOfTheCalendar) {
    const auto enforcement = start(after(seconds{0}));
    EXPECT_FALSE(enforcement->policy().next_edge());
    EXPECT_EQ(enforcement->snapshot()->next_edge, Ticks::max());
    const auto starting =
        changed([](policy::Options& options) { options.directives.front().starts = kNoon + seconds{90}; });
    auto next = enforcement->prepare(starting, after(seconds{30}));
    ASSERT_TRUE(next.ok());
    enforcement->enact(std::move(*next), "");
    EXPECT_EQ(enforcement->policy().next_edge(), kNoon + seconds{90});
    EXPECT_EQ(enforcement->snapshot()->next_edge, kStart + seconds{90});
    EXPECT_EQ(enforcement->policy().step_of(0), policy::Step::Observe);

    next = enforcement->prepare(enforcement->loaded(), after(seconds{90}));
    ASSERT_TRUE(next.ok());
    EXPECT_TRUE(enforcement->has_document_of(*next)) << "the clock is no part of the document";
    enforcement->enact(std::move(*next), "");
    EXPECT_EQ(enforcement->policy().step_of(0), policy::Step::Restrict);
    EXPECT_FALSE(enforcement->policy().next_edge());
}

TEST_F(EnforcementTest, ASmallStepOfTheClockLeavesThePolicyInForce) {
    const auto starting =
        changed([](policy::Options& options) { options.directives.front().starts = kNoon + seconds{90}; });
    const auto enforcement = Enforcement::start(starting, 0, after(seconds{0}), "");
    ASSERT_TRUE(enforcement.ok());
    const auto is_of = [&](seconds passed, seconds set_by) {
        ClockReading moment = after(passed);
        moment.wall += set_by;
        return (*enforcement)->is_of(moment);
    };
    for (const int step : {-1, 0, 1}) EXPECT_TRUE(is_of(seconds{60}, seconds{step})) << step;
    for (const int step : {-600, -2, 2, 600}) EXPECT_FALSE(is_of(seconds{60}, seconds{step})) << step;
    EXPECT_TRUE(is_of(seconds{89}, seconds{0}));
    EXPECT_FALSE(is_of(seconds{90}, seconds{0})) << "an edge has passed";
    EXPECT_FALSE(is_of(seconds{89}, seconds{1}));
    EXPECT_FALSE(is_of(seconds{0}, seconds{-1})) << "before it was built";
}

TEST_F(EnforcementTest, WhatHasBegunHoldsWhereTheClockWasSetBack) {
    const auto starting =
        changed([](policy::Options& options) { options.directives.front().starts = kNoon + seconds{90}; });
    const ClockReading set_back{kNoon, kNoon + seconds{90}, kStart + seconds{90}};
    const auto enforcement = Enforcement::start(starting, 0, set_back, "");
    ASSERT_TRUE(enforcement.ok());
    EXPECT_EQ((*enforcement)->policy().step_of(0), policy::Step::Restrict);
    EXPECT_EQ((*enforcement)->version().at, kNoon + seconds{90});
    EXPECT_TRUE((*enforcement)->loaded().settings.policy->directives.front().starts) << "what was loaded is unchanged";
}

/// An exception that ended by the latest time is not in the policy; those behind it keep their own keys.
TEST_F(EnforcementTest, ExceptionsHaveTheirOwnKeysWhereTheClockWasSetBack) {
    const auto two = changed([](policy::Options& options) {
        for (const auto& [id, ends] : {std::pair{"node1-1", kNoon + seconds{60}}, {"node1-2", kNoon + seconds{600}}}) {
            policy::Exception exception{.id = id, .directive = "file-1", .client = {}, .group = {}, .ends = ends};
            exception.client = Prefix::parse("127.0.0.1/32");
            options.exceptions.push_back(std::move(exception));
        }
    });
    const ClockReading set_back{kNoon, kNoon + seconds{90}, kStart + seconds{90}};
    const auto enforcement = Enforcement::start(two, 0, set_back, "");
    ASSERT_TRUE(enforcement.ok());
    ASSERT_EQ((*enforcement)->policy().options().exceptions.size(), 1U);
    std::set<std::string> counted;
    for (const engine::CellKeys& keys : (*enforcement)->snapshot()->cell_keys)
        counted.insert((*enforcement)->keys().name(telemetry::KeyKind::Exception, keys.exception));
    EXPECT_EQ(counted, (std::set<std::string>{"", "node1-2"}));
}

/// The listeners are known beside the configuration, and stay announced under each policy that follows.
TEST_F(EnforcementTest, TheListenersAreAnnouncedUnderEachPolicy) {
    Loaded named = loaded();
    named.settings.tls.name = "dns.agency.example";
    auto started = Enforcement::start(std::move(named), 0, after(seconds{0}), "");
    ASSERT_TRUE(started.ok());
    Enforcement& enforcement = **started;
    const auto own = wire::Name::parse("_dns.dns.agency.example").value();
    const auto kind = [&] { return enforcement.snapshot()->local.find(own).kind; };
    EXPECT_EQ(kind(), engine::LocalKind::None);
    const engine::Listeners listeners{
        .encrypted = {{SocketAddress::parse("10.0.0.53:853", 0).value(), engine::Designated::Tls}}, .datagrams = {}};
    const auto version = enforcement.version().version;
    EXPECT_TRUE(enforcement.publish_listeners(listeners));
    EXPECT_EQ(kind(), engine::LocalKind::Records);
    EXPECT_EQ(enforcement.version().version, version);
    const auto published = enforcement.snapshot();
    EXPECT_FALSE(enforcement.publish_listeners(listeners));
    EXPECT_EQ(enforcement.snapshot(), published) << "nothing has changed";
    Loaded next = enforcement.loaded();
    next.settings.tls.name = "other.agency.example";
    auto prepared = enforcement.prepare(std::move(next), after(seconds{1}));
    ASSERT_TRUE(prepared.ok());
    enforcement.enact(std::move(*prepared), "");
    EXPECT_EQ(kind(), engine::LocalKind::None);
    EXPECT_EQ(enforcement.snapshot()->local.find(wire::Name::parse("_dns.other.agency.example").value()).kind,
              engine::LocalKind::Records);
    EXPECT_TRUE(enforcement.publish_listeners({}));
    EXPECT_EQ(enforcement.snapshot()->local.find(wire::Name::parse("_dns.other.agency.example").value()).kind,
              engine::LocalKind::None);
}

TEST_F(EnforcementTest, WithoutASetQueriesAreAnsweredByWithoutSet) {
    std::filesystem::remove(set_file);
    const auto enforcement = start(after(seconds{0}));
    EXPECT_TRUE(enforcement->snapshot()->set_missing);
    EXPECT_THAT(enforcement->version().text, HasSubstr("set = \"none\""));
}

}  // namespace
}  // namespace cenote::daemon
