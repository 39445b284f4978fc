// SPDX-License-Identifier: Apache-2.0
//
// Messages over a stream: in whatever pieces bytes come, and whatever the owner does meanwhile, a stream delivers the
// messages that a naive reader finds in all the bytes, its end says whether one was cut, and what it sends is whole
// messages in their order.

#include <sys/eventfd.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/loop/stream.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using loop::MessageStream;
using loop::StreamEnd;

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kLength = 2;

fuzz::Goal finished("a stream ends behind a message");
fuzz::Goal was_cut("a stream ends within a message");
fuzz::Goal no_buffer("there is no buffer for a message");
fuzz::Goal echoed("a message is sent");

/// A fixed sequence of sizes of pieces, of which some are nothing yet.
class Pieces {
public:
    explicit Pieces(std::uint32_t seed) noexcept : state_(seed) {}

    std::size_t next() noexcept {
        state_ = state_ * 1664525U + 1013904223U;
        switch (state_ >> 30U) {
            case 0: return 0;
            case 1: return 1;
            case 2: return 1 + (state_ >> 20U & 63U);
            default: return 8192;
        }
    }

private:
    std::uint32_t state_;
};

/// Its descriptor can always be read and written; what comes and what is taken follows from the input.
class ScriptedTransport final : public loop::Transport {
public:
    ScriptedTransport(ByteView bytes, std::uint32_t seed, Bytes& written)
        : bytes_(bytes), pieces_(seed), written_(written) {}

    int fd() const noexcept override { return fd_.get(); }
    Moved read(MutableBytes into) noexcept override {
        if (bytes_.empty()) return {Status::End, 0};
        const std::size_t count = std::min({pieces_.next(), into.size(), bytes_.size()});
        if (count == 0) return {Status::Again, 0};
        std::copy_n(bytes_.begin(), count, into.begin());
        bytes_ = bytes_.subspan(count);
        return {Status::Done, count};
    }
    Moved write(ByteView first, ByteView second) noexcept override {
        const std::size_t count = std::min(pieces_.next(), first.size() + second.size());
        if (count == 0) return {Status::Again, 0};
        for (std::size_t i = 0; i < count; ++i)
            written_.push_back(i < first.size() ? first[i] : second[i - first.size()]);
        return {Status::Done, count};
    }
    std::uint64_t sent() const noexcept override { return written_.size(); }
    unsigned read_waits_for() const noexcept override { return loop::Poll::kReadable; }
    unsigned write_waits_for() const noexcept override { return loop::Poll::kWritable; }
    bool has_unread() const noexcept override { return false; }
    void finish() noexcept override {}

private:
    UniqueFd fd_{::eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC)};
    ByteView bytes_;
    Pieces pieces_;
    Bytes& written_;
};

/// The first byte of an input.
struct Choices {
    explicit Choices(std::uint8_t byte) noexcept
        : echoes((byte & 1U) != 0), pauses((byte & 2U) != 0), no_buffers((byte & 4U) != 0), whole((byte & 8U) != 0) {}

    bool echoes;      // each message is sent back
    bool pauses;      // the owner pauses at every third one
    bool no_buffers;  // there is none for a long message
    bool whole;       // a message that the input cuts is filled up, so that long ones are reached
};

/// The messages in all the bytes; `cut`: something is left over.
std::vector<ByteView> naive_messages(ByteView bytes, bool& cut) {
    std::vector<ByteView> messages;
    while (bytes.size() >= kLength && bytes.size() - kLength >= load_u16(bytes.data())) {
        messages.push_back(bytes.subspan(kLength, load_u16(bytes.data())));
        bytes = bytes.subspan(kLength + messages.back().size());
    }
    cut = !bytes.empty();
    return messages;
}

Bytes filled_up(ByteView bytes) {
    Bytes filled(bytes.begin(), bytes.end());
    std::size_t at = 0;
    while (filled.size() - at >= kLength && at + kLength + load_u16(&filled[at]) <= filled.size())
        at += kLength + load_u16(&filled[at]);
    if (filled.size() - at >= kLength) filled.resize(at + kLength + load_u16(&filled[at]), 0x5a);
    return filled;
}

class Owner final : public loop::StreamOwner {
public:
    Owner(loop::Loop& loop, Choices choices, std::uint8_t seed, ByteView bytes)
        : loop_(loop),
          choices_(choices),
          buffers_(choices.no_buffers ? 0 : 2),
          expected_(naive_messages(bytes, cut_)),
          resume_(loop,
                  [this] {
                      paused_ = false;
                      stream_->resume();
                  }),
          stream_(std::in_place, loop, buffers_, std::make_unique<ScriptedTransport>(bytes, seed, written_), *this) {}

    void run() {
        loop_.run();
        CENOTE_CHECK(end_.has_value());
        if (*end_ == StreamEnd::Finished) CENOTE_CHECK(!cut_ && delivered_ == expected_.size());
        if (*end_ == StreamEnd::Cut) CENOTE_CHECK(cut_ && delivered_ == expected_.size());
        (*end_ == StreamEnd::Finished ? finished : *end_ == StreamEnd::Cut ? was_cut : no_buffer).reach();
        if (!written_.empty()) echoed.reach();
        CENOTE_CHECK(*end_ != StreamEnd::Failed);
        CENOTE_CHECK(*end_ != StreamEnd::NoBuffer || choices_.no_buffers);
        CENOTE_CHECK(written_.size() <= sent_.size() || *end_ == StreamEnd::NoBuffer);
        CENOTE_CHECK(std::equal(written_.begin(),
                                written_.begin() + static_cast<std::ptrdiff_t>(std::min(written_.size(), sent_.size())),
                                sent_.begin()));
        if (*end_ != StreamEnd::NoBuffer) CENOTE_CHECK(sent_.size() - written_.size() == stream_->unsent());
        stream_.reset();
        CENOTE_CHECK(buffers_.in_use() == 0);
    }

private:
    void on_message(MessageStream& stream, ByteView message) noexcept override {
        CENOTE_CHECK(!end_ && !paused_ && delivered_ < expected_.size());
        CENOTE_CHECK(
            std::equal(message.begin(), message.end(), expected_[delivered_].begin(), expected_[delivered_].end()));
        ++delivered_;
        reported_ = false;
        if (choices_.echoes && stream.send(message)) {
            std::uint8_t length[kLength];
            store_u16(length, static_cast<std::uint16_t>(message.size()));
            sent_.insert(sent_.end(), length, length + kLength);
            sent_.insert(sent_.end(), message.begin(), message.end());
        }
        if (!choices_.pauses || delivered_ % 3 != 0) return;
        paused_ = true;
        stream.pause();
        resume_.start(milliseconds(0), milliseconds(0));
    }
    void on_delivered(MessageStream& stream) noexcept override {
        CENOTE_CHECK(!std::exchange(reported_, true));
        CENOTE_CHECK(sent_.size() - written_.size() == stream.unsent() || choices_.no_buffers);
    }
    void on_drained(MessageStream& stream) noexcept override { CENOTE_CHECK(stream.unsent() == 0); }
    void on_end(MessageStream&, StreamEnd end) noexcept override {
        CENOTE_CHECK(reported_);
        end_ = end;
        loop_.stop();
    }

    loop::Loop& loop_;
    Choices choices_;
    loop::StreamBuffers buffers_;
    bool cut_ = false;
    std::vector<ByteView> expected_;
    Bytes sent_;     // what send() has taken
    Bytes written_;  // what the transport has taken
    std::size_t delivered_ = 0;
    bool paused_ = false;
    bool reported_ = true;  // on_delivered() after the last message
    std::optional<StreamEnd> end_;
    loop::Timer resume_;
    std::optional<MessageStream> stream_;
};

}  // namespace

/// The first byte: how the owner behaves; the second: the sizes of the pieces; the rest comes over the stream.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    static auto* const loop = new loop::Loop;
    fuzz::Input input(data, size);
    const Choices choices(input.u8());
    const std::uint8_t seed = input.u8();
    const Bytes bytes = choices.whole ? filled_up(input.rest()) : input.copy();
    Owner(*loop, choices, seed, bytes).run();
    return 0;
}
