// SPDX-License-Identifier: Apache-2.0
//
// Who gets a place for a transfer, who keeps it, and what it does to the others.
#include "resolver/transfer/xfr_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <map>

#include "resolver/base/digest.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using testing::kSecondary;
using testing::question;
using testing::zones_of;
using wire::RrType;

constexpr auto kServFail = static_cast<std::uint8_t>(wire::Rcode::ServFail);
constexpr auto kRefused = static_cast<std::uint8_t>(wire::Rcode::Refused);
constexpr auto kNotAuth = static_cast<std::uint8_t>(wire::Rcode::NotAuth);

/// A worker's connections, whose clients take what they are sent when the test says so.
class Connections final : public Outlet {
public:
    void put_part(Part part) noexcept override {
        const std::lock_guard lock(mutex_);
        arrived_[part.connection.slot].push_back(std::move(part));
        changed_.notify_all();
    }
    /// The next part of a connection, once it is there.
    Part next(std::uint32_t connection) {
        std::unique_lock lock(mutex_);
        auto& parts = arrived_[connection];
        changed_.wait(lock, [&] { return !parts.empty(); });
        Part part = std::move(parts.front());
        parts.pop_front();
        return part;
    }
    bool anything(std::uint32_t connection) {
        const std::lock_guard lock(mutex_);
        return !arrived_[connection].empty();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::uint32_t, std::deque<Part>> arrived_;
};

class XfrServerTest : public ::testing::Test {
protected:
    void start(const XfrLimits& limits, std::shared_ptr<const Zones> zones) {
        server_ = std::make_unique<XfrServer>(limits, [this](const SecondaryZoneOptions& zone) {
            notified_.push_back(zone.list);
            on_notify_();
        });
        server_->show(std::move(zones));
    }
    void ask(std::uint32_t connection, const std::vector<std::uint8_t>& message,
             const SocketAddress& peer = kSecondary) {
        QueryOrigin origin;
        origin.peer = peer;
        origin.outlet = &connections_;
        origin.connection = {connection, 1};
        while (!server_->take(origin, message)) std::this_thread::yield();  // the thread inside makes room
    }
    std::uint8_t rcode(std::uint32_t connection) { return connections_.next(connection).message.at(3) & 0xf; }
    void continue_transfer(std::uint32_t connection) {
        while (!server_->continue_transfer(connections_, {connection, 1})) std::this_thread::yield();
    }
    /// All parts of a transfer from the second on; their number.
    int take_rest(std::uint32_t connection) {
        for (int parts = 1;; ++parts) {
            continue_transfer(connection);
            if (connections_.next(connection).last) return parts;
        }
    }

    Connections connections_;
    std::vector<std::string> notified_;
    std::function<void()> on_notify_ = [] {};
    std::unique_ptr<XfrServer> server_;  // ends before what it calls
};

const TsigKey kKey{*wire::Name::parse("transfer-key"), TsigAlgorithm::HmacSha256, std::vector<std::uint8_t>(32, 1)};

std::vector<std::uint8_t> signed_question(const TsigKey& key) {
    auto message = question(RrType::AXFR);
    TsigSession(key).sign_request(message, static_cast<std::uint64_t>(wall_now().time_since_epoch().count()));
    return message;
}

TEST_F(XfrServerTest, WithoutTheRightKeyThereIsNoPlace) {
    start({.transfers_max = 2, .transfers_per_client_max = 2}, zones_of(5000, {kKey}));
    TsigKey other = kKey;
    other.secret[0] = 2;
    for (std::uint32_t i = 100; i < 140; ++i) {
        ask(i, question(RrType::AXFR));
        EXPECT_EQ(rcode(i), kRefused);
        ask(i, signed_question(other));
        EXPECT_EQ(rcode(i), kNotAuth);
    }
    ask(1, signed_question(kKey));
    const Part first = connections_.next(1);
    EXPECT_EQ(first.message.at(3) & 0xf, 0);
    EXPECT_FALSE(first.last);
    EXPECT_GT(take_rest(1), 1);
}

TEST_F(XfrServerTest, OneClientHasItsShareOfThePlaces) {
    start({.transfers_max = 5, .transfers_per_client_max = 3}, zones_of(5000));
    auto zones = std::make_shared<Zones>(*zones_of(5000));
    PrimaryZoneOptions of = zones->versions[0]->of;
    of.notify = {*SocketAddress::parse("[2001:db8:0:100::1]:53", 53),
                 *SocketAddress::parse("[2001:db8:0:1ff::2]:53", 53), *SocketAddress::parse("192.0.2.8:53", 53),
                 kSecondary};
    auto version = std::make_shared<ZoneVersion>(*zones->versions[0]);
    version->of = of;
    zones->versions = {version};
    server_->show(zones);
    for (std::uint32_t i = 0; i < 3; ++i) {  // of one /56
        ask(i, question(RrType::AXFR), of.notify[i % 2]);
        EXPECT_EQ(rcode(i), 0);
    }
    ask(3, question(RrType::AXFR), of.notify[1]);
    EXPECT_EQ(rcode(3), kServFail);
    ask(3, question(RrType::SOA), of.notify[1]);
    EXPECT_EQ(rcode(3), 0) << "what is short needs no place";
    ask(4, question(RrType::AXFR));
    EXPECT_EQ(rcode(4), 0) << "another client's share";
    ask(5, question(RrType::AXFR), of.notify[2]);
    EXPECT_EQ(rcode(5), 0);
    ask(6, question(RrType::AXFR), of.notify[2]);
    EXPECT_EQ(rcode(6), kServFail) << "all places are taken";
    take_rest(0);
    ask(6, question(RrType::AXFR), of.notify[2]);
    EXPECT_EQ(rcode(6), 0) << "one that has all gives its place back";
    while (!server_->forget(connections_, {4, 1})) std::this_thread::yield();
    ask(7, question(RrType::AXFR), of.notify[3]);
    EXPECT_EQ(rcode(7), 0) << "and so does one that is gone";
    EXPECT_EQ(server_->counts().no_place, 2U);
}

TEST_F(XfrServerTest, AClientThatDoesNotGoOnLosesItsPlace) {
    start({.transfers_max = 1, .part = milliseconds{1}}, zones_of(5000));
    ask(1, question(RrType::AXFR));
    EXPECT_FALSE(connections_.next(1).last);
    const Part end = connections_.next(1);
    EXPECT_TRUE(end.last && end.message.empty());
    ask(2, question(RrType::AXFR));
    EXPECT_EQ(rcode(2), 0);
    EXPECT_GE(server_->counts().overdue, 1U);
}

TEST_F(XfrServerTest, AQueryForWhichThereIsNoRoomIsCounted) {
    start({.waiting_max = 0}, zones_of(1));
    const QueryOrigin origin{.peer = kSecondary, .outlet = &connections_, .connection = {1, 1}};
    while (server_->counts().queue_full == 0) EXPECT_FALSE(server_->take(origin, question(RrType::SOA)));
}

TEST_F(XfrServerTest, ATransferHasAnEndThoughItGoesOn) {
    start({.whole = milliseconds{1}}, zones_of(500000));
    ask(1, question(RrType::AXFR));
    for (;;) {
        const Part part = connections_.next(1);
        if (part.message.empty()) break;
        ASSERT_FALSE(part.last) << "it got all of it";
        server_->continue_transfer(connections_, {1, 1});
    }
}

TEST_F(XfrServerTest, TransfersOverOneConnectionAndQueriesBetweenThem) {
    start({}, zones_of(5000));
    ask(1, question(RrType::AXFR, 1));
    const Part first = connections_.next(1);
    ask(1, question(RrType::AXFR, 2));
    const Part second = connections_.next(1);
    ask(1, question(RrType::SOA, 3));
    EXPECT_EQ(connections_.next(1).message.at(1), 3) << "not behind the transfers";
    EXPECT_EQ(first.message.at(1), 1);
    EXPECT_EQ(second.message.at(1), 2);
    const int parts = take_rest(1);
    EXPECT_EQ(take_rest(1), parts) << "the second follows the first";
    continue_transfer(1);
    ask(1, question(RrType::NS, 4));
    EXPECT_EQ(connections_.next(1).message.at(1), 4);
    EXPECT_FALSE(connections_.anything(1));
}

TEST_F(XfrServerTest, ATransferGoesOnWithTheVersionItBegan) {
    start({}, zones_of(5000));
    ask(1, question(RrType::AXFR));
    connections_.next(1);
    server_->show(zones_of(0));
    EXPECT_GT(take_rest(1), 1);
    ask(2, question(RrType::AXFR));
    EXPECT_TRUE(connections_.next(2).last);
}

TEST_F(XfrServerTest, ItEndsWhileTransfersAreInProgress) {
    start({}, zones_of(5000));
    for (std::uint32_t i = 0; i < 4; ++i) {
        ask(i, question(RrType::AXFR));
        EXPECT_FALSE(connections_.next(i).last);
    }
    server_.reset();
    EXPECT_FALSE(connections_.anything(0)) << "the connections belong to their workers";
}

TEST_F(XfrServerTest, WhatIsNoQueryEndsTheConnection) {
    start({}, zones_of(1));
    auto response = question(RrType::SOA);
    response[2] = 0x80;
    for (const auto& message : {response, std::vector<std::uint8_t>{1, 2, 3}, std::vector<std::uint8_t>{}}) {
        ask(1, message);
        const Part part = connections_.next(1);
        EXPECT_TRUE(part.last && part.message.empty());
    }
}

TEST_F(XfrServerTest, NotifyOfASecondaryZone) {
    auto zones = std::make_shared<Zones>();
    zones->options.secondary_zones = {{.list = "nation", .zone = testing::kZone, .primary = kSecondary, .key = {}}};
    start({}, zones);
    auto notify = question(RrType::SOA);
    notify[2] = 0x24;
    ask(1, notify);
    EXPECT_EQ(rcode(1), 0);
    ask(1, notify, *SocketAddress::parse("192.0.2.10:53", 53));
    EXPECT_EQ(rcode(1), kNotAuth);
    EXPECT_THAT(notified_, ::testing::ElementsAre("nation"));
}

TEST_F(XfrServerTest, OneClientHasItsShareOfWhatWaits) {
    auto zones = std::make_shared<Zones>(*zones_of(1));
    zones->options.secondary_zones = {{.list = "nation", .zone = testing::kZone, .primary = kSecondary, .key = {}}};
    start({.waiting_max = 4, .waiting_per_client_max = 2}, zones);
    auto notify = question(RrType::SOA);
    notify[2] = 0x24;
    std::promise<void> begun, release;
    on_notify_ = [&] {
        begun.set_value();
        release.get_future().wait();
    };
    ask(1, notify);
    begun.get_future().wait();  // from here on the thread inside takes nothing
    const auto take = [&](const char* peer, const std::vector<std::uint8_t>& message) {
        QueryOrigin origin;
        origin.peer = *SocketAddress::parse(peer, 53);
        origin.outlet = &connections_;
        origin.connection = {2, 1};
        return server_->take(origin, message);
    };
    EXPECT_FALSE(take("192.0.2.1:1", std::vector<std::uint8_t>(1233))) << "longer than what is asked about zones";
    EXPECT_TRUE(take("192.0.2.1:1", question(RrType::SOA)));
    EXPECT_TRUE(take("192.0.2.1:2", question(RrType::SOA)));
    EXPECT_FALSE(take("192.0.2.1:3", question(RrType::SOA)));
    EXPECT_TRUE(take("[2001:db8:0:100::1]:1", question(RrType::SOA)));
    EXPECT_TRUE(take("[2001:db8:0:1ff::1]:1", question(RrType::SOA)));
    EXPECT_FALSE(take("[2001:db8:0:1ff::2]:1", question(RrType::SOA))) << "of the same /56";
    EXPECT_FALSE(take("192.0.2.2:1", question(RrType::SOA))) << "no room at all";
    release.set_value();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(rcode(2), 0);
}

}  // namespace
}  // namespace cenote::transfer
