// SPDX-License-Identifier: Apache-2.0
//
// Which queries are signals of ways around the resolver.
#include "tests/engine/fixture.h"

#include <map>

namespace cenote::engine::testing {
namespace {

using policy::Step;
using telemetry::Signal;
using Counts = std::map<Signal, std::uint64_t>;

class SignalsTest : public EngineFixture {
protected:
    void SetUp() override {
        base.local = LocalNames({}, {});
        const auto set = catalogue();
        base.roles.resize(set->source_set_count());
    }
    Counts counts() const {
        Counts all;
        for (const telemetry::SignalCount& row : hub.collect().signals) all[row.signal] += row.count;
        return all;
    }
    static policy::Directive over_relay(Step step) {
        auto over = directive("relay-1", step, {"service:relay"});
        over.strict = true;
        return over;
    }
};

TEST_F(SignalsTest, CanariesAndDesignatedResolvers) {
    in_force({});
    for (const char* canary : {"use-application-dns.net", "MASK.icloud.com", "mask-h2.icloud.com"})
        ask({.name = canary, .type = "HTTPS"});
    EXPECT_EQ(counts(), (Counts{{Signal::Canary, 3}}));
    ask({.name = "_dns.resolver.arpa", .type = "SVCB"});
    ask({.name = "_DNS.Resolver.ARPA", .type = "A"});
    for (const char* other : {"resolver.arpa", "a.resolver.arpa", "a._dns.resolver.arpa", "localhost", "x.test"})
        ask({.name = other, .type = "SVCB"});
    ask({.name = "_dns.resolver.arpa", .type = "TXT", .rr_class = 3});
    EXPECT_EQ(counts(), (Counts{{Signal::Canary, 3}, {Signal::Designated, 2}}));
}

TEST_F(SignalsTest, ADesignatedResolverOfTheSiteIsNoSignal) {
    base.local = LocalNames({{.name = name("_dns.resolver.arpa"), .type = wire::RrType::TXT, .rdata = {1, 'x'}}}, {});
    in_force({});
    ask({.name = "_dns.resolver.arpa", .type = "SVCB"});
    EXPECT_EQ(counts(), Counts{});
}

TEST_F(SignalsTest, ADesignationOfThisResolverIsNoSignal) {
    base.discovery =
        Discovery({.name = name("dns.agency.example"),
                   .info_url = {},
                   .listeners = {.encrypted = {{{.ip = ip("10.0.0.53"), .port = 853, .scope_id = 0}, Designated::Tls}},
                                 .datagrams = {}}});
    in_force({});
    client.local = ip("10.0.0.53");
    ask({.name = "_dns.resolver.arpa", .type = "SVCB"});
    EXPECT_EQ(counts(), Counts{});
    client.local = ip("10.0.0.54");
    ask({.name = "_dns.resolver.arpa", .type = "SVCB"});
    EXPECT_EQ(counts(), (Counts{{Signal::Designated, 1}}));
}

TEST_F(SignalsTest, ACanaryIsOneUnderADirectiveToo) {
    policy::Options options;
    options.directives = {over_relay(Step::Block)};
    in_force(options);
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Canary, 1}}));
}

/// Without the canary names the relay is a service like others.
class WaysAround : public SignalsTest {
protected:
    void SetUp() override {
        SignalsTest::SetUp();
        base.local = LocalNames();
    }
};

TEST_F(WaysAround, CountOnlyUnderADirective) {
    in_force({});
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), Counts{});
    for (const Step step : {Step::Observe, Step::Advise, Step::Restrict, Step::Block}) {
        policy::Options options;
        options.directives = {over_relay(step)};
        in_force(options);
        const auto before = counts()[Signal::Resolver];
        ask({.name = "mask.icloud.com"});
        if (forwarder->asked_count > 0 && step < Step::Restrict)
            fail(forwarder->asked_count - 1, upstream::Ending::TimedOut);
        EXPECT_EQ(counts()[Signal::Resolver], before + 1) << policy::step_to_text(step);
    }
}

TEST_F(WaysAround, AreToldApartByTheirRole) {
    policy::Options options;
    options.directives = {over_relay(Step::Block)};
    base.roles.assign(base.roles.size(), 1 + static_cast<std::uint8_t>(domainset::Role::Api));
    in_force(options);
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 1}}));
    base.roles.assign(base.roles.size(), 1 + static_cast<std::uint8_t>(domainset::Role::App));
    in_force(options);
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 1}, {Signal::Vpn, 1}}));
}

TEST_F(WaysAround, AnAllowMakesThemNoSignal) {
    policy::Options options;
    options.directives = {over_relay(Step::Restrict)};
    options.allows = {policy::testing::allow({"mask.icloud.com"}, {})};
    in_force(options);
    ask({.name = "mask.icloud.com"});
    fail(0, upstream::Ending::TimedOut);
    EXPECT_EQ(counts(), Counts{});
}

TEST_F(WaysAround, AnExceptionMakesThemNoSignal) {
    policy::Options options;
    options.directives = {over_relay(Step::Restrict)};
    policy::Exception own;
    own.id = "x1";
    own.directive = "relay-1";
    own.client = policy::testing::prefix("10.0.0.1/32");
    own.ends = policy::testing::kNow + std::chrono::hours(2);
    options.exceptions = {own};
    in_force(options);
    ask({.name = "mask.icloud.com"});
    fail(0, upstream::Ending::TimedOut);
    EXPECT_EQ(counts(), Counts{});
    client.peer.ip = ip("10.0.0.2");
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 1}}));
}

TEST_F(WaysAround, AfterASinkholeTheyAreATurning) {
    policy::Options options;
    options.directives = {over_relay(Step::Block), directive("demo-1", Step::Block, {"service:deepseek"})};
    in_force(options);
    ask({.name = "mask.icloud.com"});
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 2}}));
    ask({.name = "deepseek.com"});
    now += std::chrono::minutes{9};
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 3}, {Signal::Turning, 1}}));
    now += std::chrono::minutes{2};
    ask({.name = "mask.icloud.com"});
    EXPECT_EQ(counts(), (Counts{{Signal::Resolver, 4}, {Signal::Turning, 1}}));
}

}  // namespace
}  // namespace cenote::engine::testing
