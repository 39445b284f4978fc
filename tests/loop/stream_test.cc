// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace cenote::loop {
namespace {

std::vector<std::uint8_t> framed(const std::vector<std::uint8_t>& message) {
    std::vector<std::uint8_t> bytes(2);
    store_u16(bytes.data(), static_cast<std::uint16_t>(message.size()));
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

std::vector<std::uint8_t> pattern(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{1});
    return bytes;
}

/// A stream at one end of a socket pair, and the bare descriptor of its peer at the other.
class StreamTest : public testing::Test, public StreamOwner {
protected:
    StreamTest() {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
        peer_.reset(fds[1]);
        stream_.emplace(loop_, buffers_, make_plain_transport(UniqueFd(fds[0])), *this);
    }

    void on_message(MessageStream&, ByteView message) noexcept override {
        messages_.emplace_back(message.begin(), message.end());
        if (on_each_) on_each_();
        if (messages_.size() == stop_after_) loop_.stop();
    }
    void on_drained(MessageStream&) noexcept override {
        ++drained_;
        loop_.stop();
    }
    void on_end(MessageStream&, StreamEnd end) noexcept override {
        ends_.push_back(end);
        if (destroy_at_end_) stream_.reset();
        loop_.stop();
    }

    void write(const std::vector<std::uint8_t>& bytes) {
        ASSERT_EQ(::write(peer_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    }
    void run_until(std::size_t messages) {
        stop_after_ = messages;
        if (messages_.size() < messages) loop_.run();
        EXPECT_EQ(messages_.size(), messages);
    }
    /// Runs as many turns as the events that are ready now need.
    void settle() {
        Timer last(loop_, [this] { loop_.stop(); });
        last.start(milliseconds(5), milliseconds(0));
        loop_.run();
    }
    /// Reads from the peer's end until `count` bytes are there.
    std::vector<std::uint8_t> read(std::size_t count) {
        std::vector<std::uint8_t> bytes;
        while (bytes.size() < count) {
            std::uint8_t chunk[4096];
            const auto got = ::read(peer_.get(), chunk, std::min(sizeof chunk, count - bytes.size()));
            if (got > 0)
                bytes.insert(bytes.end(), chunk, chunk + got);
            else
                settle();
        }
        return bytes;
    }

    Loop loop_;
    StreamBuffers buffers_{2};
    UniqueFd peer_;
    std::optional<MessageStream> stream_;
    std::vector<std::vector<std::uint8_t>> messages_;
    std::vector<StreamEnd> ends_;
    std::function<void()> on_each_;
    std::size_t stop_after_ = 0;
    int drained_ = 0;
    bool destroy_at_end_ = false;
};

TEST_F(StreamTest, SeveralMessagesInOneSegment) {
    auto bytes = framed({1, 2, 3});
    for (const auto& more : {framed({}), framed({4})}) bytes.insert(bytes.end(), more.begin(), more.end());
    write(bytes);
    run_until(3);
    EXPECT_EQ(messages_[0], (std::vector<std::uint8_t>{1, 2, 3}));
    EXPECT_TRUE(messages_[1].empty());
    EXPECT_EQ(messages_[2], (std::vector<std::uint8_t>{4}));
}

TEST_F(StreamTest, OneByteAtATime) {
    const auto bytes = framed(pattern(40));
    for (const auto byte : bytes) {
        EXPECT_TRUE(messages_.empty());
        write({byte});
        settle();
    }
    ASSERT_EQ(messages_.size(), 1U);
    EXPECT_EQ(messages_[0], pattern(40));
}

TEST_F(StreamTest, LargestMessageUsesAndReturnsOneBuffer) {
    const auto message = pattern(65535);
    const auto bytes = framed(message);
    write({bytes.begin(), bytes.begin() + 30000});
    settle();
    EXPECT_EQ(buffers_.in_use(), 1U);
    write({bytes.begin() + 30000, bytes.end()});
    write(framed({7}));
    run_until(2);
    EXPECT_EQ(messages_[0], message);
    EXPECT_EQ(messages_[1], (std::vector<std::uint8_t>{7}));
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(StreamTest, MessagesAroundTheSmallBuffersSize) {
    for (std::size_t size = 2040; size < 2056; ++size) {
        write(framed(pattern(size)));
        write(framed({9}));
    }
    run_until(32);
    for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(messages_[2 * i], pattern(2040 + i));
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(StreamTest, AnIdleStreamHasNoSpaceToReadInto) {
    static_assert(sizeof(MessageStream) < 512);
    write(framed({1}));
    run_until(1);
    EXPECT_TRUE(stream_->unfinished().empty());
    const auto part = framed(pattern(40));
    write({part.begin(), part.begin() + 7});
    settle();
    EXPECT_TRUE(std::ranges::equal(stream_->unfinished(), std::span(part).first(7)));
    write({part.begin() + 7, part.end()});
    run_until(2);
    EXPECT_EQ(messages_[1], pattern(40));
    EXPECT_TRUE(stream_->unfinished().empty());
}

TEST_F(StreamTest, NoBufferLeftEndsTheStream) {
    std::uint8_t* const a = buffers_.take();
    std::uint8_t* const b = buffers_.take();
    ASSERT_NE(b, nullptr);
    EXPECT_EQ(buffers_.take(), nullptr);
    write(framed(pattern(5000)));
    loop_.run();
    EXPECT_EQ(ends_, std::vector{StreamEnd::NoBuffer});
    buffers_.give_back(a);
    buffers_.give_back(b);
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(StreamTest, PausedStreamGivesNothingUntilResumed) {
    on_each_ = [this] {
        if (messages_.size() == 2) stream_->pause();
    };
    auto bytes = framed({1});
    for (int i = 0; i < 4; ++i) {
        const auto more = framed({2});
        bytes.insert(bytes.end(), more.begin(), more.end());
    }
    write(bytes);
    settle();
    EXPECT_EQ(messages_.size(), 2U);
    stream_->resume();
    EXPECT_EQ(messages_.size(), 2U);  // not from inside resume()
    run_until(5);
}

TEST_F(StreamTest, PausedStreamReadsBoundedly) {
    stream_->pause();
    const auto message = framed(pattern(100));
    std::size_t written = 0;
    while (::write(peer_.get(), message.data(), message.size()) == static_cast<ssize_t>(message.size())) ++written;
    settle();
    ASSERT_GT(written, 64U);
    EXPECT_TRUE(messages_.empty());
    EXPECT_EQ(buffers_.in_use(), 0U);
    stream_->resume();
    run_until(written);
}

TEST_F(StreamTest, SendFramesTheMessage) {
    EXPECT_TRUE(stream_->send(pattern(300)));
    EXPECT_EQ(read(302), framed(pattern(300)));
    EXPECT_EQ(stream_->unsent(), 0U);
}

TEST_F(StreamTest, WhatTheSocketHasTakenIsCounted) {
    EXPECT_EQ(stream_->transport().sent(), 0U);
    ASSERT_TRUE(stream_->send(pattern(300)));
    EXPECT_EQ(stream_->transport().sent(), 302U);
    while (stream_->unsent() == 0) ASSERT_TRUE(stream_->send(pattern(60000)));
    const std::uint64_t before = stream_->transport().sent();
    const std::uint64_t all = before + stream_->unsent();
    EXPECT_GT(before, 302U);
    settle();
    EXPECT_EQ(stream_->transport().sent(), before) << "the peer reads nothing";
    read(all);
    EXPECT_EQ(stream_->transport().sent(), all);
}

TEST_F(StreamTest, UnreadAnswersFillTheBufferThenSendRefuses) {
    const auto message = pattern(1000);
    std::size_t accepted = 0;
    while (stream_->send(message)) ++accepted;
    EXPECT_GT(stream_->unsent(), 0U);
    EXPECT_LE(stream_->unsent(), StreamBuffers::kSize);
    EXPECT_EQ(buffers_.in_use(), 1U);
    EXPECT_TRUE(ends_.empty());

    const auto bytes = read(accepted * 1002);
    for (std::size_t i = 0; i < accepted; ++i) {
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(i * 1002);
        ASSERT_EQ(std::vector<std::uint8_t>(begin, begin + 1002), framed(message));
    }
    settle();
    EXPECT_EQ(drained_, 1);
    EXPECT_EQ(buffers_.in_use(), 0U);
    EXPECT_TRUE(stream_->send(message));
}

TEST_F(StreamTest, HalfClosedPeerStillGetsItsAnswers) {
    write(framed({1}));
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    loop_.run();
    EXPECT_EQ(messages_.size(), 1U);
    EXPECT_EQ(ends_, std::vector{StreamEnd::Finished});
    EXPECT_TRUE(stream_->send(pattern(10)));
    EXPECT_EQ(read(12), framed(pattern(10)));
    EXPECT_EQ(ends_.size(), 1U);
}

TEST_F(StreamTest, CloseInsideAMessageIsCut) {
    write({0, 10, 1, 2});
    peer_.reset();
    loop_.run();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Cut});
    EXPECT_TRUE(messages_.empty());
}

TEST_F(StreamTest, SendToAClosedPeerFailsWithoutASignal) {
    peer_.reset();
    EXPECT_FALSE(stream_->send({}));
    EXPECT_TRUE(ends_.empty());  // not from inside send()
    loop_.run();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Failed});
}

TEST_F(StreamTest, WriteFailureAfterFinishedIsTold) {
    while (stream_->send(pattern(5000))) {
    }
    ASSERT_EQ(::shutdown(peer_.get(), SHUT_WR), 0);
    loop_.run();
    ASSERT_EQ(ends_, std::vector{StreamEnd::Finished});
    peer_.reset();
    loop_.run();
    EXPECT_EQ(ends_, (std::vector{StreamEnd::Finished, StreamEnd::Failed}));
}

TEST_F(StreamTest, WriteFailureIsToldThoughPaused) {
    while (stream_->send(pattern(5000))) {
    }
    stream_->pause();
    peer_.reset();
    loop_.run();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Failed});
}

TEST_F(StreamTest, OwnerMayDestroyTheStreamInAMessage) {
    on_each_ = [this] { stream_.reset(); };
    auto bytes = framed({1});
    const auto more = framed(pattern(3000));
    bytes.insert(bytes.end(), more.begin(), more.end());
    write(bytes);
    settle();
    EXPECT_EQ(messages_.size(), 1U);
    EXPECT_FALSE(stream_.has_value());
    EXPECT_EQ(buffers_.in_use(), 0U);
}

TEST_F(StreamTest, OwnerMayDestroyTheStreamAtItsEnd) {
    destroy_at_end_ = true;
    write({0, 9});
    peer_.reset();
    loop_.run();
    EXPECT_FALSE(stream_.has_value());
}

TEST_F(StreamTest, RefusedConnectionEndsAsFailed) {
    UniqueFd closed(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(closed.get(), reinterpret_cast<sockaddr*>(&address), length), 0);  // bound, not listening
    ASSERT_EQ(::getsockname(closed.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length);
    stream_.emplace(loop_, buffers_, make_plain_transport(std::move(fd)), *this);
    stream_->send(pattern(50));
    loop_.run();
    EXPECT_EQ(ends_, std::vector{StreamEnd::Failed});
}

TEST_F(StreamTest, QueryGoesOutOnceTheConnectionStands) {
    UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    ASSERT_EQ(::listen(listener.get(), 1), 0);
    ASSERT_EQ(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), length);
    stream_.emplace(loop_, buffers_, make_plain_transport(std::move(fd)), *this);
    EXPECT_TRUE(stream_->send(pattern(50)));
    peer_.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    EXPECT_EQ(read(52), framed(pattern(50)));
}

}  // namespace
}  // namespace cenote::loop
