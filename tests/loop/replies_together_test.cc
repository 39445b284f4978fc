// SPDX-License-Identifier: Apache-2.0
//
// What the owner of a MessageStream sends while messages are delivered leaves together. The sockets keep the bounds of
// what was written, so that each packet is one write.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <vector>

#include "resolver/loop/stream.h"

namespace cenote::loop {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes framed(const Bytes& message) {
    Bytes bytes(2);
    store_u16(bytes.data(), static_cast<std::uint16_t>(message.size()));
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

Bytes operator+(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

Bytes messages(std::uint8_t first, std::uint8_t last) {
    Bytes bytes;
    for (std::uint8_t each = first; each <= last; ++each) bytes = bytes + framed({each});
    return bytes;
}

class RepliesTogetherTest : public ::testing::Test, public StreamOwner {
protected:
    RepliesTogetherTest() {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        peer_.reset(fds[1]);
        stream_.emplace(loop_, buffers_, make_plain_transport(UniqueFd(fds[0])), *this);
    }

    void on_message(MessageStream&, ByteView message) noexcept override { on_each_({message.begin(), message.end()}); }
    void on_delivered(MessageStream& stream) noexcept override {
        ++delivered_;
        unsent_ = stream.unsent();
    }
    void on_drained(MessageStream&) noexcept override { ++drained_; }
    void on_end(MessageStream& stream, StreamEnd end) noexcept override {
        ends_.push_back(end);
        unsent_at_end_ = stream.unsent();
    }

    void write(const Bytes& bytes) const {
        ASSERT_EQ(::write(peer_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    /// Runs as many turns as the events that are ready now need.
    void settle() {
        Timer last(loop_, [this] { loop_.stop(); });
        last.start(milliseconds(5), milliseconds(0));
        loop_.run();
    }
    /// One write of the stream; empty: there is none.
    [[nodiscard]] Bytes packet() const {
        Bytes bytes(StreamBuffers::kSize);
        const ssize_t got = ::recv(peer_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return bytes;
    }
    /// Writes packets that the stream has not written, until the socket takes no more.
    void fill_socket() const {
        const std::uint8_t byte = 0;
        while (::send(stream_->fd(), &byte, 1, MSG_DONTWAIT) == 1) {
        }
    }
    void drain_socket() const {
        while (packet() == Bytes{0}) {
        }
    }

    Loop loop_;
    StreamBuffers buffers_{2};
    UniqueFd peer_;
    std::optional<MessageStream> stream_;
    std::function<void(const Bytes&)> on_each_ = [this](const Bytes& message) {
        EXPECT_TRUE(stream_->send(message));
        EXPECT_EQ(stream_->unsent(), 0U) << "what is gathered is not what the peer does not take";
    };
    std::vector<StreamEnd> ends_;
    int delivered_ = 0;
    int drained_ = 0;
    std::size_t unsent_ = 0;
    std::size_t unsent_at_end_ = 0;
};

TEST_F(RepliesTogetherTest, OneWriteHasTheRepliesToAllThatCame) {
    write(messages(1, 5));
    settle();
    EXPECT_EQ(packet(), messages(1, 5));
    EXPECT_EQ(packet(), Bytes{});
    EXPECT_EQ(delivered_, 1);
    EXPECT_EQ(unsent_, 0U);
    EXPECT_EQ(buffers_.in_use(), 0U);
    write(messages(6, 6));
    settle();
    EXPECT_EQ(packet(), messages(6, 6));
    EXPECT_EQ(delivered_, 2);
}

TEST_F(RepliesTogetherTest, WhatIsSentOutsideOfAMessageLeavesAtOnce) {
    EXPECT_TRUE(stream_->send(Bytes{1}));
    EXPECT_EQ(packet(), framed({1}));
    EXPECT_TRUE(stream_->send(Bytes{2}));
    EXPECT_EQ(packet(), framed({2}));
    settle();
    EXPECT_EQ(delivered_, 0);
}

TEST_F(RepliesTogetherTest, NoMoreIsGatheredThanALimit) {
    on_each_ = [this](const Bytes&) { EXPECT_TRUE(stream_->send(Bytes(1000, 7))); };
    write(messages(1, 9));
    settle();
    Bytes all;
    for (Bytes each = packet(); !each.empty(); each = packet()) {
        EXPECT_LE(each.size(), 4096U);
        all = all + each;
    }
    Bytes expected;
    for (int i = 0; i < 9; ++i) expected = expected + framed(Bytes(1000, 7));
    EXPECT_EQ(all, expected);
}

TEST_F(RepliesTogetherTest, ALongReplyKeepsItsPlace) {
    on_each_ = [this](const Bytes& message) { EXPECT_TRUE(stream_->send(message[0] == 2 ? Bytes(5000, 9) : message)); };
    write(messages(1, 3));
    settle();
    EXPECT_EQ(packet(), messages(1, 1));
    EXPECT_EQ(packet(), framed(Bytes(5000, 9)));
    EXPECT_EQ(packet(), messages(3, 3));
}

TEST_F(RepliesTogetherTest, WithoutABufferEachLeavesAtOnce) {
    std::uint8_t* const a = buffers_.take();
    std::uint8_t* const b = buffers_.take();
    write(messages(1, 2));
    settle();
    EXPECT_EQ(packet(), messages(1, 1));
    EXPECT_EQ(packet(), messages(2, 2));
    buffers_.give_back(a);
    buffers_.give_back(b);
}

TEST_F(RepliesTogetherTest, WhatThePeerDoesNotTakeIsReportedAndLeavesLater) {
    fill_socket();
    write(messages(1, 3));
    settle();
    EXPECT_EQ(delivered_, 1);
    EXPECT_EQ(unsent_, messages(1, 3).size());
    EXPECT_EQ(drained_, 0);
    EXPECT_EQ(buffers_.in_use(), 1U);
    on_each_ = [this](const Bytes& message) { EXPECT_TRUE(stream_->send(message)); };
    write(messages(4, 4));
    settle();
    EXPECT_EQ(unsent_, messages(1, 4).size()) << "it waits behind the others";
    drain_socket();
    settle();
    EXPECT_EQ(packet(), messages(1, 4));
    EXPECT_EQ(drained_, 1);
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(RepliesTogetherTest, APauseEndsWhatLeavesTogether) {
    on_each_ = [this](const Bytes& message) {
        EXPECT_TRUE(stream_->send(message));
        if (message[0] == 2) stream_->pause();
    };
    write(messages(1, 3));
    settle();
    EXPECT_EQ(packet(), messages(1, 2));
    EXPECT_EQ(delivered_, 1);
    stream_->resume();
    settle();
    EXPECT_EQ(packet(), messages(3, 3));
    EXPECT_EQ(delivered_, 2);
}

TEST_F(RepliesTogetherTest, RepliesAreWrittenBeforeTheEndIsReported) {
    fill_socket();
    write(messages(1, 2));
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    settle();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Finished});
    EXPECT_EQ(unsent_at_end_, messages(1, 2).size());
}

TEST_F(RepliesTogetherTest, AFailureOfTheWriteIsReported) {
    on_each_ = [this](const Bytes& message) {
        peer_.reset();
        EXPECT_TRUE(stream_->send(message));
        EXPECT_TRUE(ends_.empty());
    };
    write(messages(1, 1));
    settle();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Failed});
    EXPECT_FALSE(stream_->send(Bytes{1}));
}

TEST_F(RepliesTogetherTest, AFailureOnTheWayIsReportedOnce) {
    on_each_ = [this](const Bytes& message) {
        if (message[0] == 2) peer_.reset();
        EXPECT_EQ(stream_->send(Bytes(3000, message[0])), message[0] < 2);
    };
    write(messages(1, 3));
    settle();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Failed});
    stream_.reset();
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(RepliesTogetherTest, DestroyingTheStreamSendsWhatWasGathered) {
    on_each_ = [this](const Bytes& message) {
        EXPECT_TRUE(stream_->send(message));
        if (message[0] == 2) stream_.reset();
    };
    write(messages(1, 3));
    settle();
    EXPECT_EQ(packet(), messages(1, 2));
    EXPECT_EQ(buffers_.in_use(), 0U);
    EXPECT_EQ(delivered_, 0);
}

}  // namespace
}  // namespace cenote::loop
