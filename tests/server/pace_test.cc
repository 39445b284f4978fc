// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/pace.h"

#include <gtest/gtest.h>

namespace cenote::server {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

engine::Client client_at(std::string_view address) {
    engine::Client client;
    client.peer.ip = ip(address);
    return client;
}

struct Sent {
    Ticks at;
    std::size_t bytes;
};

/// The most bytes in any 20 ms.
std::size_t largest_pulse(const std::vector<Sent>& sent) {
    std::size_t largest = 0;
    for (std::size_t first = 0; first < sent.size(); ++first) {
        std::size_t bytes = 0;
        for (std::size_t i = first; i < sent.size() && sent[i].at - sent[first].at < milliseconds{20}; ++i)
            bytes += sent[i].bytes;
        largest = std::max(largest, bytes);
    }
    return largest;
}

TEST(PaceTest, HeldRepliesToOneClientLeaveOverTime) {
    Pace pace;
    HeldReplies held;
    const engine::Client client = client_at("192.0.2.1");
    const std::vector<std::uint8_t> reply(540);
    for (int i = 0; i < 2000; ++i) ASSERT_TRUE(held.add(client, reply));
    std::vector<Sent> sent;
    const Ticks start = Ticks{} + seconds{1000};
    Ticks now = start;
    for (; !held.empty(); now += milliseconds{2})
        held.release(pace, now, [&](const engine::Client&, ByteView bytes) { sent.push_back({now, bytes.size()}); });
    EXPECT_EQ(2000U, sent.size());
    EXPECT_LE(largest_pulse(sent), 65536U);
    EXPECT_LE(now - start, milliseconds{550}) << "a reply that waited 1.9 s leaves within 2.5 s";
}

TEST(PaceTest, OneClientDoesNotHoldUpAnother) {
    Pace pace;
    HeldReplies held;
    const std::vector<std::uint8_t> reply(1232);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(held.add(client_at("192.0.2.1"), reply));
    ASSERT_TRUE(held.add(client_at("192.0.2.2"), reply));
    std::size_t to_second = 0;
    held.release(pace, Ticks{} + seconds{1000}, [&](const engine::Client& client, ByteView) {
        to_second += client.peer.ip == ip("192.0.2.2") ? 1U : 0U;
    });
    EXPECT_EQ(1U, to_second);
    EXPECT_FALSE(held.empty());
}

TEST(PaceTest, TheOrderIsKeptAndNothingIsLost) {
    Pace pace;
    HeldReplies held;
    const engine::Client client = client_at("192.0.2.1");
    std::vector<std::uint8_t> seen;
    std::uint8_t next = 0;
    Ticks now = Ticks{} + seconds{1000};
    for (int round = 0; round < 50; ++round, now += milliseconds{1}) {
        for (int i = 0; i < 4; ++i) ASSERT_TRUE(held.add(client, std::vector<std::uint8_t>(1000, next++)));
        held.release(pace, now, [&](const engine::Client&, ByteView bytes) { seen.push_back(bytes[0]); });
    }
    for (; !held.empty(); now += milliseconds{1})
        held.release(pace, now, [&](const engine::Client&, ByteView bytes) { seen.push_back(bytes[0]); });
    ASSERT_EQ(200U, seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(i, seen[i]);
}

TEST(PaceTest, AFullTableTakesNoMore) {
    HeldReplies held;
    const std::vector<std::uint8_t> reply(12);
    for (std::size_t i = 0; i < HeldReplies::kRepliesMax; ++i) ASSERT_TRUE(held.add(client_at("192.0.2.1"), reply));
    EXPECT_FALSE(held.add(client_at("192.0.2.1"), reply));
}

}  // namespace
}  // namespace cenote::server
