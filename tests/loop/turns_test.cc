// SPDX-License-Identifier: Apache-2.0
//
// A peer that fills every read leaves other descriptors their turn.
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "resolver/loop/byte_stream.h"
#include "resolver/loop/stream.h"

namespace cenote::loop {
namespace {

constexpr int kReads = 10'000;
constexpr int kReadsInARow = 64;

/// A transport that has as much as is asked for, kReads times; all messages are empty.
class Full final : public Transport {
public:
    explicit Full(int& reads) : reads_(reads) {}

    [[nodiscard]] int fd() const noexcept override { return fd_.get(); }
    Moved read(MutableBytes into) noexcept override {
        if (reads_ == kReads) return {Status::End, 0};
        ++reads_;
        std::ranges::fill(into, std::uint8_t{0});
        return {Status::Done, into.size()};
    }
    Moved write(ByteView head, ByteView body) noexcept override { return {Status::Done, head.size() + body.size()}; }
    [[nodiscard]] std::uint64_t sent() const noexcept override { return 0; }
    [[nodiscard]] unsigned read_waits_for() const noexcept override { return Poll::kReadable; }
    [[nodiscard]] unsigned write_waits_for() const noexcept override { return Poll::kWritable; }
    [[nodiscard]] bool has_unread() const noexcept override { return false; }
    void finish() noexcept override {}

private:
    UniqueFd fd_{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
    int& reads_;
};

class TurnsTest : public ::testing::Test, public ByteOwner, public StreamOwner {
protected:
    TurnsTest() { other_.watch(Poll::kReadable); }

    std::unique_ptr<Transport> full() { return std::make_unique<Full>(reads_); }
    void run() {
        loop_.run();
        EXPECT_EQ(reads_, kReads);
        EXPECT_LE(std::max(longest_, reads_ - seen_), kReadsInARow);
    }

    void on_bytes(ByteView) noexcept override {}
    std::size_t fill(MutableBytes) noexcept override { return 0; }
    void on_drained() noexcept override {}
    void on_end(StreamEnd) noexcept override { loop_.stop(); }
    void on_message(MessageStream&, ByteView) noexcept override {}
    void on_drained(MessageStream&) noexcept override {}
    void on_end(MessageStream&, StreamEnd) noexcept override { loop_.stop(); }

    Loop loop_;
    StreamBuffers buffers_{2};

private:
    UniqueFd readable_{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
    int reads_ = 0;
    int seen_ = 0;     // reads before the last call of `other_`
    int longest_ = 0;  // reads between two of its calls
    Poll other_{loop_, readable_.get(), [this](unsigned) {
                    longest_ = std::max(longest_, reads_ - seen_);
                    seen_ = reads_;
                }};
};

TEST_F(TurnsTest, OfBytes) {
    auto space = std::make_unique<ByteSpace>();
    const ByteStream stream(loop_, buffers_, *space, full(), *this);
    run();
}

TEST_F(TurnsTest, OfMessages) {
    const MessageStream stream(loop_, buffers_, full(), *this);
    run();
}

}  // namespace
}  // namespace cenote::loop
