// SPDX-License-Identifier: Apache-2.0
//
// UdpListener with a port that does what a test wants.
#include "resolver/server/udp_listener.h"

#include <sys/eventfd.h>

#include <deque>
#include <memory>

#include "tests/server/fixture.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using testing::Bytes;

class ScriptedPort final : public DatagramPort {
public:
    static constexpr std::uint32_t kBatch = 4;

    int fd() const noexcept override { return readable.get(); }
    std::uint32_t batch_max() const noexcept override { return kBatch; }
    std::span<engine::Datagram> receive() noexcept override {
        ++receives;
        const std::size_t size = batches.empty() ? 0 : batches.front();
        if (!batches.empty()) batches.pop_front();
        for (engine::Datagram& datagram : datagrams) datagram = {.client = {}, .packet = query, .reply = {}};
        return std::span(datagrams).first(size);
    }
    MutableBytes reply_space() noexcept override { return space; }
    std::uint32_t send(LateReplies& later) noexcept override {
        for (engine::Datagram& datagram : datagrams) {
            if (datagram.reply.empty()) continue;
            if (room)
                ++sent;
            else
                EXPECT_TRUE(later.add(datagram.client, datagram.reply));
        }
        return lost;
    }
    std::uint32_t send_late(LateReplies& replies) noexcept override {
        late_calls.push_back(replies.waiting().size());
        if (refusals > 0) {
            --refusals;
            return 0;
        }
        sent += replies.clear();
        return 0;
    }

    UniqueFd readable{::eventfd(1, EFD_CLOEXEC)};
    Bytes query = testing::local_query(1);
    std::array<engine::Datagram, kBatch> datagrams;
    Bytes space = Bytes(kBatch * kLateReplyMax + wire::kMessageMax);
    std::deque<std::size_t> batches;  // the sizes of what receive() gives
    bool room = true;                 // send() sends
    std::uint32_t lost = 0;           // by send()
    int refusals = 0;                 // of send_late()
    int receives = 0;
    std::size_t sent = 0;
    std::vector<std::size_t> late_calls;  // how many replies waited at each send_late()
};

class UdpListenerTest : public ::testing::Test, public testing::World {
protected:
    ScriptedPort& port = *new ScriptedPort;
    UdpListener listener{loop, std::unique_ptr<DatagramPort>(&port), *engine, recorder};

    /// One call of the listener's poll.
    void one_turn() {
        const int before = port.receives;
        run_until([&] { return port.receives > before; });
    }
};

TEST_F(UdpListenerTest, ATurnTakesSixteenFullBatches) {
    port.batches.assign(20, ScriptedPort::kBatch);
    one_turn();
    EXPECT_EQ(port.receives, 16);
    EXPECT_EQ(port.sent, 16 * ScriptedPort::kBatch);
}

TEST_F(UdpListenerTest, ABatchThatIsNotFullIsTheLastOfItsTurn) {
    port.batches = {ScriptedPort::kBatch, 2, ScriptedPort::kBatch};
    one_turn();
    EXPECT_EQ(port.receives, 2);
    EXPECT_EQ(port.sent, ScriptedPort::kBatch + 2);
}

TEST_F(UdpListenerTest, LostRepliesAreCounted) {
    port.batches = {1};
    port.lost = 3;
    one_turn();
    EXPECT_EQ(counted(Counter::SendFailed), 3U);
}

TEST_F(UdpListenerTest, LateRepliesLeaveTogether) {
    for (int i = 0; i < 3; ++i) listener.send(client, Bytes{1});
    EXPECT_TRUE(port.late_calls.empty());
    listener.flush();
    EXPECT_EQ(port.late_calls, std::vector<std::size_t>{3});
    listener.flush();
    EXPECT_EQ(port.late_calls.size(), 1U) << "none are left";
}

TEST_F(UdpListenerTest, AFullQueueLeavesAtOnce) {
    for (std::size_t i = 0; i <= LateReplies::kRepliesMax; ++i) listener.send(client, Bytes{1});
    EXPECT_EQ(port.late_calls, std::vector<std::size_t>{LateReplies::kRepliesMax});
    EXPECT_EQ(counted(Counter::SendFailed), 0U);
}

TEST_F(UdpListenerTest, AFullQueueThatWaitsForRoomTakesNoMore) {
    port.refusals = 1;
    for (std::size_t i = 0; i < LateReplies::kRepliesMax; ++i) listener.send(client, Bytes{1});
    listener.flush();
    listener.send(client, Bytes{1});
    EXPECT_EQ(port.late_calls.size(), 1U) << "the timer tries again, not each reply";
    EXPECT_EQ(counted(Counter::SendFailed), 1U);
}

TEST_F(UdpListenerTest, RepliesOfABatchAreTriedAgainUntilThereIsRoom) {
    port.batches = {3};
    port.room = false;
    port.refusals = 5;
    run_until([&] { return port.sent == 3; });
    EXPECT_EQ(port.late_calls, std::vector<std::size_t>(6, 3));
    EXPECT_EQ(counted(Counter::SendFailed), 0U);
}

TEST_F(UdpListenerTest, RepliesThatWaitedTooLongAreLost) {
    port.batches = {3};
    port.room = false;
    port.refusals = 50;
    run_until([&] { return port.refusals == 0 && port.late_calls.size() > 50; });
    EXPECT_EQ(port.late_calls.back(), 0U);
    EXPECT_EQ(counted(Counter::SendFailed), 3U);
    port.room = true;
    listener.send(client, Bytes{1});
    listener.flush();
    EXPECT_EQ(port.sent, 1U) << "the next reply leaves as ever";
}

TEST_F(UdpListenerTest, AStoppedListenerReadsNothing) {
    listener.stop();
    settle();
    EXPECT_EQ(port.receives, 0);
    listener.send(client, Bytes{1});
    listener.flush();
    EXPECT_EQ(port.sent, 1U) << "late replies still leave";
}

}  // namespace
}  // namespace cenote::server
