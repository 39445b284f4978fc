// SPDX-License-Identifier: Apache-2.0
//
// A secondary zone from refresh to refresh: what it asks, publishes and notes, and when. No network, no clock.
#include "resolver/transfer/secondary_zone.h"

#include <gtest/gtest.h>

#include <random>

namespace cenote::transfer {
namespace {

using Action = SecondaryZone::Action;
using Do = SecondaryZone::Action::Kind;
using Event = SecondaryZone::Event;
using Kind = SecondaryZone::Event::Kind;
using Expiry = SecondaryZone::Action::Expiry;
using Failure = SecondaryZone::Action::Failure;

constexpr Soa soa(std::uint32_t serial) { return {.serial = serial, .refresh = 3600, .retry = 60, .expire = 86400}; }

class SecondaryZoneTest : public ::testing::Test {
protected:
    void start(const std::optional<SecondaryZone::Stored>& stored = {}) {
        zone_.emplace(stored);
        action_ = zone_->next({.kind = Kind::Started}, now_);
    }
    /// With serial 5 on disk and in the set, up to date and waiting for the next refresh.
    void start_well() {
        start(SecondaryZone::Stored{.soa = soa(5), .expired = false, .published = true});
        give({.kind = Kind::SoaReceived, .soa = soa(5)});
        give({.kind = Kind::Confirmed});
        ASSERT_EQ(action_.kind, Do::Wait);
    }
    const Action& give(const Event& event) { return action_ = zone_->next(event, now_); }
    const Action& give(Kind kind) { return give({.kind = kind}); }
    /// The wait ends at its time.
    const Action& time_passes() {
        EXPECT_EQ(action_.kind, Do::Wait);
        now_ = std::max(now_, action_.until);
        return give(Kind::TimerExpired);
    }
    [[nodiscard]] seconds waits() const {
        EXPECT_EQ(action_.kind, Do::Wait);
        return std::chrono::duration_cast<seconds>(action_.until - now_);
    }
    /// From a wait over an SOA with this serial, to what follows.
    const Action& refresh_finds(std::uint32_t serial) {
        EXPECT_EQ(time_passes().kind, Do::AskSoa);
        return give({.kind = Kind::SoaReceived, .soa = soa(serial)});
    }

    std::optional<SecondaryZone> zone_;
    Ticks now_{seconds(1000)};
    Action action_{.kind = Do::Wait};
};

TEST_F(SecondaryZoneTest, AFirstTransferIsOfTheWholeZone) {
    start();
    EXPECT_EQ(action_.kind, Do::AskSoa);
    EXPECT_EQ(give({.kind = Kind::SoaReceived, .soa = soa(5)}).kind, Do::TransferWhole);
    EXPECT_EQ(give({.kind = Kind::ZoneReceived, .soa = soa(5)}).kind, Do::Publish);
    give(Kind::Published);
    EXPECT_EQ(waits(), seconds(3600)) << "the refresh timer of the SOA";
    EXPECT_EQ(refresh_finds(5).kind, Do::Confirm);
    give(Kind::Confirmed);
    EXPECT_EQ(waits(), seconds(3600));
}

TEST_F(SecondaryZoneTest, ANewSerialIsTransferredByIncrements) {
    start_well();
    EXPECT_EQ(refresh_finds(6).kind, Do::TransferIncrements);
    EXPECT_EQ(give({.kind = Kind::ZoneReceived, .soa = soa(6)}).kind, Do::PublishDelta);
    give(Kind::DeltaPublished);
    EXPECT_EQ(waits(), seconds(3600));
    EXPECT_EQ(refresh_finds(7).kind, Do::TransferIncrements);
    give({.kind = Kind::ZoneReceived, .soa = soa(7)});
    EXPECT_EQ(give(Kind::DeltaDeclined).kind, Do::Publish) << "what is too large for a delta is compiled";
    give(Kind::Published);
    EXPECT_EQ(waits(), seconds(3600));
}

TEST_F(SecondaryZoneTest, IncrementsThatFailAreFollowedByTheWholeZone) {
    start_well();
    refresh_finds(6);
    EXPECT_EQ(give(Kind::TransferFailed).kind, Do::TransferWhole);
    const Action& failed = give(Kind::TransferFailed);
    EXPECT_EQ(failed.failure, Failure::Failed) << "and then no more: it waits";
    EXPECT_EQ(waits(), seconds(5));
}

TEST_F(SecondaryZoneTest, ATransferThatFindsNothingNewIsARefresh) {
    start_well();
    refresh_finds(6);
    give(Kind::UpToDate);
    EXPECT_EQ(waits(), seconds(3600));
}

TEST_F(SecondaryZoneTest, SerialsAreComparedByTheirArithmetic) {
    start(SecondaryZone::Stored{.soa = soa(4294967290U), .expired = false, .published = true});
    EXPECT_EQ(give({.kind = Kind::SoaReceived, .soa = soa(3)}).kind, Do::TransferIncrements) << "RFC 1982";
    give({.kind = Kind::ZoneReceived, .soa = soa(3)});
    give(Kind::DeltaPublished);
    const Action& back = refresh_finds(4294967290U);
    EXPECT_EQ(back.failure, Failure::SerialWentBack);
    EXPECT_EQ(back.kind, Do::Wait);
}

TEST_F(SecondaryZoneTest, FailuresAreRetriedEverMoreSlowlyUpToTheRetryTimer) {
    start_well();
    ASSERT_EQ(time_passes().kind, Do::AskSoa);
    for (const int wait : {5, 10, 20, 40, 60, 60, 60}) {
        EXPECT_EQ(give(Kind::SoaFailed).failure, Failure::Failed);
        EXPECT_EQ(waits(), seconds(wait));
        EXPECT_EQ(time_passes().kind, Do::AskSoa);
    }
    const Action& well = give({.kind = Kind::SoaReceived, .soa = soa(5)});
    EXPECT_TRUE(well.clear_failure);
    EXPECT_EQ(well.kind, Do::Confirm);
    give(Kind::Confirmed);
    EXPECT_EQ(waits(), seconds(3600));
    time_passes();
    give(Kind::SoaFailed);
    EXPECT_EQ(waits(), seconds(5)) << "from the beginning";
}

TEST_F(SecondaryZoneTest, AZoneThatWasNeverTransferredIsAskedForWithoutEnd) {
    start();
    seconds last{0};
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(give(Kind::SoaFailed).failure, Failure::Failed);
        EXPECT_EQ(action_.expiry, Expiry::Unchanged) << "there is nothing that could expire";
        EXPECT_GE(waits(), last);
        last = waits();
        ASSERT_EQ(time_passes().kind, Do::AskSoa);
    }
    EXPECT_EQ(last, seconds(86400));
}

TEST_F(SecondaryZoneTest, TimersOfThePrimaryAreHeldWithinLimits) {
    start();
    give({.kind = Kind::SoaReceived, .soa = {.serial = 1, .refresh = 0, .retry = 0, .expire = 0}});
    give({.kind = Kind::ZoneReceived, .soa = {.serial = 1, .refresh = 0, .retry = 0, .expire = 0}});
    give(Kind::Published);
    EXPECT_EQ(waits(), seconds(1));
    time_passes();
    give({.kind = Kind::SoaReceived, .soa = {.serial = 1, .refresh = 4294967295U, .retry = 1, .expire = 0}});
    give(Kind::Confirmed);
    EXPECT_EQ(waits(), seconds(86400));
    time_passes();
    give(Kind::SoaFailed);
    EXPECT_EQ(waits(), seconds(1));
}

TEST_F(SecondaryZoneTest, AZoneExpiresAndComesBack) {
    start_well();
    const Ticks contact = now_;
    ASSERT_EQ(time_passes().kind, Do::AskSoa);
    while (now_ - contact < seconds(86400)) {
        ASSERT_EQ(give(Kind::SoaFailed).kind, Do::Wait) << "before its time";
        EXPECT_EQ(action_.expiry, Expiry::Unchanged);
        time_passes();
    }
    const Action& expired = give(Kind::SoaFailed);
    EXPECT_EQ(expired.expiry, Expiry::Begins);
    EXPECT_EQ(expired.kind, Do::Publish) << "without the zone";
    EXPECT_EQ(expired.failure, Failure::Failed);
    EXPECT_EQ(give(Kind::Published).kind, Do::Wait);
    time_passes();
    EXPECT_EQ(give(Kind::SoaFailed).expiry, Expiry::Unchanged) << "once";
    EXPECT_EQ(action_.kind, Do::Wait);
    const Action& back = refresh_finds(5);
    EXPECT_EQ(back.expiry, Expiry::Ends);
    EXPECT_EQ(back.kind, Do::Publish);
    EXPECT_EQ(give(Kind::Published).kind, Do::Confirm);
}

TEST_F(SecondaryZoneTest, AnExpireTimerOfNothingIsNone) {
    start(SecondaryZone::Stored{.soa = {.serial = 5, .refresh = 1, .retry = 1, .expire = 0}, .published = true});
    now_ += seconds(1'000'000'000);
    EXPECT_EQ(give(Kind::SoaFailed).expiry, Expiry::Unchanged);
}

TEST_F(SecondaryZoneTest, AnExpiredZoneThatCouldNotBePublishedIsTriedAtEachRetry) {
    start_well();
    now_ += seconds(100000);
    time_passes();
    ASSERT_EQ(give(Kind::SoaFailed).kind, Do::Publish);
    for (int i = 1; i < 60; ++i) {
        ASSERT_EQ(give(Kind::NotPublished).kind, Do::Wait);
        EXPECT_EQ(waits(), seconds(1));
        ASSERT_EQ(time_passes().kind, Do::Publish);
    }
    give(Kind::NotPublished);
    EXPECT_EQ(waits(), seconds(5)) << "sixty attempts are enough for now";
    time_passes();
    EXPECT_EQ(give(Kind::SoaFailed).kind, Do::Publish);
    EXPECT_EQ(give(Kind::Published).kind, Do::Wait);
}

TEST_F(SecondaryZoneTest, AnExpiredZoneThatChangedIsCompiledAndNotADelta) {
    start(SecondaryZone::Stored{.soa = soa(5), .expired = true, .published = true});
    ASSERT_EQ(action_.kind, Do::Publish) << "a set compiled meanwhile may have it";
    give(Kind::Published);
    EXPECT_EQ(give({.kind = Kind::SoaReceived, .soa = soa(6)}).kind, Do::TransferIncrements);
    const Action& taken = give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    EXPECT_EQ(taken.kind, Do::Publish);
    EXPECT_EQ(taken.expiry, Expiry::Ends);
}

TEST_F(SecondaryZoneTest, WhatAnEarlierRunDidNotPublishIsPublishedAtTheStart) {
    start(SecondaryZone::Stored{.soa = soa(5), .expired = false, .published = false});
    EXPECT_EQ(action_.kind, Do::Publish);
    EXPECT_EQ(give(Kind::Published).kind, Do::AskSoa);
    start(SecondaryZone::Stored{.soa = soa(5), .expired = false, .published = true});
    EXPECT_EQ(action_.kind, Do::AskSoa);
}

TEST_F(SecondaryZoneTest, WhatIsNotPublishedIsTriedAgainAtTheNextRefresh) {
    start_well();
    refresh_finds(6);
    give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    give(Kind::DeltaDeclined);
    for (int i = 1; i < 60; ++i) {
        ASSERT_EQ(give(Kind::NotPublished).kind, Do::Wait);
        ASSERT_EQ(time_passes().kind, Do::Publish);
    }
    give(Kind::NotPublished);
    EXPECT_EQ(waits(), seconds(3600));
    EXPECT_EQ(refresh_finds(6).kind, Do::Publish);
    EXPECT_EQ(give(Kind::Published).kind, Do::Confirm);
}

TEST_F(SecondaryZoneTest, AStoreThatFailsLeavesTheSerialAsItWas) {
    start_well();
    refresh_finds(6);
    EXPECT_EQ(give(Kind::StoreFailed).failure, Failure::Failed);
    EXPECT_EQ(action_.kind, Do::Wait) << "another transfer would fill no less of the disk";
    EXPECT_EQ(refresh_finds(6).kind, Do::TransferIncrements);
}

TEST_F(SecondaryZoneTest, ARefusalOfTheGuardIsFinalUntilTheZoneChanges) {
    start_well();
    refresh_finds(6);
    give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    give(Kind::DeltaDeclined);
    give(Kind::Refused);
    EXPECT_EQ(waits(), seconds(3600));
    EXPECT_EQ(refresh_finds(6).kind, Do::Confirm) << "no second attempt at the same";
    give(Kind::Confirmed);
    EXPECT_EQ(refresh_finds(7).kind, Do::TransferIncrements);
    give({.kind = Kind::ZoneReceived, .soa = soa(7)});
    EXPECT_EQ(give(Kind::DeltaDeclined).kind, Do::Publish);
}

TEST_F(SecondaryZoneTest, ARefusalThatAFailureOverwroteIsNotedAgain) {
    start_well();
    refresh_finds(6);
    give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    give(Kind::DeltaDeclined);
    give(Kind::Refused);
    time_passes();
    EXPECT_EQ(give(Kind::SoaFailed).failure, Failure::Failed);
    const Action& again = refresh_finds(6);
    EXPECT_TRUE(again.clear_failure);
    EXPECT_EQ(again.kind, Do::Publish);
    EXPECT_EQ(give(Kind::Refused).kind, Do::Confirm);
    give(Kind::Confirmed);
    EXPECT_EQ(refresh_finds(6).kind, Do::Confirm);
}

TEST_F(SecondaryZoneTest, ADeltaClearsTheFailureBeforeIt) {
    start_well();
    time_passes();
    give(Kind::SoaFailed);
    refresh_finds(6);
    give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    EXPECT_TRUE(give(Kind::DeltaPublished).clear_failure);
    EXPECT_FALSE(refresh_finds(6).clear_failure);
}

TEST_F(SecondaryZoneTest, NotifyLeadsToAQueryAtOnceAndThenToNoneForASecond) {
    start_well();
    now_ += seconds(10);
    EXPECT_EQ(give(Kind::Notified).kind, Do::AskSoa);
    give({.kind = Kind::SoaReceived, .soa = soa(5)});
    give(Kind::Confirmed);
    const Ticks answered = now_;
    for (int i = 0; i < 1000; ++i) {  // a flood
        ASSERT_EQ(give(Kind::Notified).kind, Do::Wait);
        ASSERT_EQ(action_.until, answered + seconds(1));
    }
    EXPECT_EQ(time_passes().kind, Do::AskSoa);
    give({.kind = Kind::SoaReceived, .soa = soa(5)});
    give(Kind::Confirmed);
    EXPECT_EQ(waits(), seconds(3600)) << "one query for all of them";
}

TEST_F(SecondaryZoneTest, NotifyEndsTheAttemptsToPublish) {
    start_well();
    refresh_finds(6);
    give({.kind = Kind::ZoneReceived, .soa = soa(6)});
    give(Kind::DeltaDeclined);
    give(Kind::NotPublished);
    EXPECT_EQ(give(Kind::Notified).kind, Do::Wait);
    EXPECT_EQ(waits(), seconds(1));
    EXPECT_EQ(refresh_finds(6).kind, Do::Publish) << "it is still to be published";
}

TEST_F(SecondaryZoneTest, NotifyDuringARetryAsksAtOnce) {
    start_well();
    time_passes();
    give(Kind::SoaFailed);
    now_ += seconds(2);
    EXPECT_EQ(give(Kind::Notified).kind, Do::AskSoa);
}

TEST_F(SecondaryZoneTest, AnEventThatDoesNotBelongToTheActionStopsTheProcess) {
    start();
    EXPECT_DEATH(give(Kind::Published), "");
}

/// Whatever the primary, acceptance and the disk do, the zone never stops refreshing, never waits longer than a day,
/// and is never without its publication for longer than it takes to try.
TEST_F(SecondaryZoneTest, NoSequenceOfEventsStopsIt) {
    std::mt19937 random(11);
    for (int run = 0; run < 200; ++run) {
        std::optional<SecondaryZone::Stored> stored;
        if (random() % 2 == 0)
            stored = {.soa = soa(random() % 8), .expired = random() % 4 == 0, .published = random() % 2 == 0};
        start(stored);
        int queries = 0;
        bool stays_expired = stored && stored->expired;
        for (int step = 0; step < 400; ++step) {
            if (action_.expiry == Expiry::Begins) {
                EXPECT_FALSE(std::exchange(stays_expired, true));
                EXPECT_EQ(action_.kind, Do::Publish);
            }
            if (action_.expiry == Expiry::Ends) {
                EXPECT_TRUE(std::exchange(stays_expired, false));
            }
            const auto pick = [&](std::initializer_list<Kind> kinds) { return kinds.begin()[random() % kinds.size()]; };
            switch (action_.kind) {
                case Do::AskSoa:
                    ++queries;
                    give({.kind = pick({Kind::SoaReceived, Kind::SoaFailed}), .soa = soa(random() % 8)});
                    break;
                case Do::TransferIncrements:
                case Do::TransferWhole:
                    give({.kind = pick({Kind::ZoneReceived, Kind::UpToDate, Kind::TransferFailed, Kind::StoreFailed}),
                          .soa = soa(random() % 8)});
                    break;
                case Do::PublishDelta: give(pick({Kind::DeltaPublished, Kind::DeltaDeclined})); break;
                case Do::Publish: give(pick({Kind::Published, Kind::Refused, Kind::NotPublished})); break;
                case Do::Confirm: give(Kind::Confirmed); break;
                case Do::Wait:
                    ASSERT_LE(action_.until - now_, seconds(86400));
                    ASSERT_GE(action_.until, now_);
                    if (random() % 3 == 0)
                        give(Kind::Notified);
                    else
                        time_passes();
                    break;
            }
        }
        EXPECT_GT(queries, 20);
    }
}

}  // namespace
}  // namespace cenote::transfer
