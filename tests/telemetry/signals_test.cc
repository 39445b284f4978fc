// SPDX-License-Identifier: Apache-2.0
//
// Signals of ways around the resolver, from events to counts.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "resolver/telemetry/telemetry.h"

namespace cenote::telemetry {
namespace {

class SignalsTest : public testing::Test {
protected:
    QueryEvent event_of(std::uint8_t client, Key group) const {
        QueryEvent event;
        event.at = now_;
        event.client = IpAddress::v4({10, 0, 0, client});
        event.group_key = group;
        return event;
    }
    void signal(Recorder& worker, Signal signal, std::uint8_t client, Key group = 1) const {
        QueryEvent event = event_of(client, group);
        event.signal = signal;
        event.verdict = QueryVerdict::Observe;
        event.source = Source::Upstream;
        event.bypass = signal == Signal::Resolver || signal == Signal::Vpn;
        worker.record(event);
    }
    void sinkhole(Recorder& worker, std::uint8_t client, bool bypass = false) const {
        QueryEvent event = event_of(client, 1);
        event.verdict = QueryVerdict::Block;
        event.source = Source::Sinkhole;
        event.bypass = bypass;
        if (bypass) event.signal = Signal::Resolver;
        worker.record(event);
    }
    /// "turning 2": 3
    std::map<std::string, std::uint64_t> counts() const {
        std::map<std::string, std::uint64_t> all;
        for (const SignalCount& row : hub_.collect().signals)
            all[std::string(signal_to_text(row.signal)) + " " + std::to_string(row.group)] = row.count;
        return all;
    }
    using Counts = std::map<std::string, std::uint64_t>;

    Hub hub_;
    Recorder& worker_ = hub_.add_recorder();
    Recorder& other_ = hub_.add_recorder();
    Ticks now_ = Ticks{} + std::chrono::hours{5};
};

TEST_F(SignalsTest, AreCountedByGroupOverAllWorkers) {
    signal(worker_, Signal::Canary, 1);
    signal(other_, Signal::Canary, 2);
    signal(other_, Signal::Canary, 3, 2);
    signal(worker_, Signal::Designated, 1);
    signal(worker_, Signal::Vpn, 1, kKeyNone);
    worker_.record(event_of(1, 1));
    EXPECT_EQ(counts(), (Counts{{"canary 1", 2}, {"canary 2", 1}, {"designated 1", 1}, {"vpn 0", 1}}));
}

TEST_F(SignalsTest, GroupsBeyondTheRowsAreOneOther) {
    signal(worker_, Signal::Canary, 1, 5000);
    signal(worker_, Signal::Canary, 1, 6000);
    EXPECT_EQ(counts(), (Counts{{"canary 65535", 2}}));
}

TEST_F(SignalsTest, AClientThatMetASinkholeTurns) {
    sinkhole(worker_, 1);
    signal(worker_, Signal::Resolver, 2);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 1}})) << "another client";
    now_ += seconds{600};
    signal(worker_, Signal::Resolver, 1);
    signal(worker_, Signal::Vpn, 1);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 2}, {"vpn 1", 1}, {"turning 1", 2}}));
    now_ += seconds{2};
    signal(worker_, Signal::Resolver, 1);
    EXPECT_EQ(counts().at("turning 1"), 2U);
}

TEST_F(SignalsTest, AClientTurnsAtAnotherWorkerToo) {
    sinkhole(worker_, 1);
    signal(other_, Signal::Resolver, 1);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 1}, {"turning 1", 1}}));
}

TEST_F(SignalsTest, CanariesAndDesignatedResolversAreNoTurning) {
    sinkhole(worker_, 1);
    signal(worker_, Signal::Canary, 1);
    signal(worker_, Signal::Designated, 1);
    EXPECT_EQ(counts(), (Counts{{"canary 1", 1}, {"designated 1", 1}}));
}

TEST_F(SignalsTest, AWayAroundThatIsSinkholedAndAskedAgainIsNoTurning) {
    sinkhole(worker_, 1, true);
    sinkhole(worker_, 1, true);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 2}}));
    sinkhole(worker_, 1);
    sinkhole(worker_, 1, true);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 3}, {"turning 1", 1}}));
}

TEST_F(SignalsTest, WhatIsForgottenDoesNotTurn) {
    sinkhole(worker_, 1);
    hub_.forget_sinkholes(now_ + seconds{602});
    signal(worker_, Signal::Resolver, 1);
    EXPECT_EQ(counts(), (Counts{{"resolver 1", 1}}));
}

TEST_F(SignalsTest, ARecorderWithoutAHubTurnsToo) {
    Recorder alone;
    sinkhole(alone, 1);
    signal(alone, Signal::Resolver, 1);
    EXPECT_EQ(counts(), Counts{});
}

TEST_F(SignalsTest, NeitherClientNorNameIsInAHitOrASample) {
    hub_.want_hits(true, 5);
    QueryEvent event = event_of(1, 1);
    event.signal = Signal::Canary;
    const std::uint8_t name[] = {1, 'x', 0};
    event.name = name;
    worker_.record(event);
    int hits = 0;
    hub_.take_hits([&](const Hit&) { ++hits; });
    EXPECT_EQ(hits, 0) << "no directive covers it";
    EXPECT_EQ(counts(), (Counts{{"canary 1", 1}}));
}

}  // namespace
}  // namespace cenote::telemetry
