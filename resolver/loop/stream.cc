// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/stream.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "resolver/base/check.h"

namespace cenote::loop {

namespace {

constexpr int kReadsPerTurn = 16;  // the rest is read in the next turn, after other descriptors
constexpr std::size_t kLengthSize = 2;

class PlainTransport final : public Transport {
public:
    explicit PlainTransport(UniqueFd fd) noexcept : fd_(std::move(fd)) {}

    int fd() const noexcept override { return fd_.get(); }
    unsigned read_waits_for() const noexcept override { return Poll::kReadable; }
    unsigned write_waits_for() const noexcept override { return Poll::kWritable; }
    bool has_unread() const noexcept override { return false; }
    void finish() noexcept override { ::shutdown(fd_.get(), SHUT_WR); }

    Moved read(MutableBytes into) noexcept override {
        return moved(::recv(fd_.get(), into.data(), into.size(), MSG_DONTWAIT));
    }

    Moved write(ByteView first, ByteView second) noexcept override {
        const Moved written = second.empty()
                                  ? moved(::send(fd_.get(), first.data(), first.size(), MSG_DONTWAIT | MSG_NOSIGNAL))
                                  : write_both(first, second);
        sent_ += written.count;
        return written;
    }

    std::uint64_t sent() const noexcept override { return sent_; }

private:
    [[nodiscard]] Moved write_both(ByteView first, ByteView second) const noexcept {
        std::array<iovec, 2> pieces{iovec{const_cast<std::uint8_t*>(first.data()), first.size()},
                                    iovec{const_cast<std::uint8_t*>(second.data()), second.size()}};
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.size();
        return moved(::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL));
    }

    static Moved moved(ssize_t count) noexcept {
        if (count > 0) return {Status::Done, static_cast<std::size_t>(count)};
        if (count == 0) return {Status::End, 0};
        const bool again = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        return {again ? Status::Again : Status::Failed, 0};
    }

    UniqueFd fd_;
    std::uint64_t sent_ = 0;
};

}  // namespace

std::unique_ptr<Transport> make_plain_transport(UniqueFd fd) { return std::make_unique<PlainTransport>(std::move(fd)); }

StreamBuffers::StreamBuffers(std::uint32_t count_max) : count_max_(count_max) {
    buffers_.reserve(count_max);
    free_.reserve(count_max);
    small_.reserve(kSmallKept);
}

std::uint8_t* StreamBuffers::take() noexcept {
    if (free_.empty()) {
        if (buffers_.size() == count_max_) return nullptr;
        buffers_.emplace_back(new std::uint8_t[kSize]);
        free_.push_back(buffers_.back().get());
    }
    std::uint8_t* const buffer = free_.back();
    free_.pop_back();
    ++in_use_;
    return buffer;
}

void StreamBuffers::give_back(std::uint8_t* buffer) noexcept {
    if (buffer == nullptr) return;
    free_.push_back(buffer);
    --in_use_;
}

std::unique_ptr<std::uint8_t[]> StreamBuffers::take_small() noexcept {
    if (small_.empty()) return std::unique_ptr<std::uint8_t[]>(new std::uint8_t[kSmall]);
    auto buffer = std::move(small_.back());
    small_.pop_back();
    return buffer;
}

void StreamBuffers::give_back_small(std::unique_ptr<std::uint8_t[]> buffer) noexcept {
    if (buffer != nullptr && small_.size() < kSmallKept) small_.push_back(std::move(buffer));
}

MessageStream::MessageStream(Loop& loop, StreamBuffers& buffers, std::unique_ptr<Transport> transport,
                             StreamOwner& owner)
    : buffers_(buffers),
      transport_(std::move(transport)),
      owner_(owner),
      poll_(loop, transport_->fd(), [this](unsigned events) { on_event(events); }),
      later_(loop, [this] { on_event(Poll::kReadable); }) {
    update_watch();
}

MessageStream::~MessageStream() {
    if (destroyed_ != nullptr) *destroyed_ = true;
    if (gathered_ > 0) static_cast<void>(transport_->write({out_, gathered_}, {}));
    buffers_.give_back_small(std::move(in_small_));
    buffers_.give_back(in_large_);
    buffers_.give_back(out_);
}

bool MessageStream::send(ByteView message) noexcept {
    if (broken_ || message.size() > StreamBuffers::kSize - kLengthSize) return false;
    std::array<std::uint8_t, kLengthSize> length{};
    store_u16(length.data(), static_cast<std::uint16_t>(message.size()));

    if (gathering_ && gather(length, message)) return true;
    if (broken_) return false;
    std::size_t sent = 0;
    if (queued() == 0) {
        const auto moved = transport_->write(length, message);
        if (moved.status == Transport::Status::Failed || moved.status == Transport::Status::End) {
            fail_later(StreamEnd::Failed);
            return false;
        }
        sent = moved.count;
    }
    return enqueue(length, message, sent);
}

/// Keeps a message until those that have come are delivered. False: it has to be written at once.
bool MessageStream::gather(ByteView length, ByteView message) noexcept {
    const std::size_t size = length.size() + message.size();
    if (kGathered - gathered_ < size) send_gathered();
    if (queued() != 0 || broken_ || size > kGathered) return false;
    if (out_ == nullptr) out_ = buffers_.take();
    if (out_ == nullptr) return false;
    std::memcpy(out_ + gathered_, length.data(), length.size());
    if (!message.empty()) std::memcpy(out_ + gathered_ + length.size(), message.data(), message.size());
    gathered_ += size;
    return true;
}

void MessageStream::send_gathered() noexcept {
    if (gathered_ == 0) return;
    const std::size_t size = std::exchange(gathered_, 0);
    const auto moved = transport_->write({out_, size}, {});
    if (moved.status == Transport::Status::Failed || moved.status == Transport::Status::End)
        return fail_later(StreamEnd::Failed);
    out_begin_ = moved.count;
    out_end_ = size;
    if (queued() == 0) release_out();
}

/// Queues the rest of a message of which `sent` bytes have been written.
bool MessageStream::enqueue(ByteView length, ByteView message, std::size_t sent) noexcept {
    const std::size_t left = length.size() + message.size() - sent;
    if (left == 0) return true;
    if (out_ == nullptr) out_ = buffers_.take();
    if (out_ == nullptr) {
        if (sent > 0) fail_later(StreamEnd::NoBuffer);  // a part of the message has been written: no other can follow
        return false;
    }
    if (StreamBuffers::kSize - queued() < left) return false;
    if (StreamBuffers::kSize - out_end_ < left) {
        std::copy(out_ + out_begin_, out_ + out_end_, out_);
        out_end_ -= std::exchange(out_begin_, 0);
    }
    const auto append = [this](ByteView bytes, std::size_t skip) {
        if (skip >= bytes.size()) return;
        std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(skip), bytes.end(), out_ + out_end_);
        out_end_ += bytes.size() - skip;
    };
    append(length, sent);
    append(message, sent > length.size() ? sent - length.size() : 0);
    update_watch();
    return true;
}

void MessageStream::pause() noexcept {
    paused_ = true;
    update_watch();
}

void MessageStream::resume() noexcept {
    if (!std::exchange(paused_, false)) return;
    later_.start();
    update_watch();
}

/// The owner is called in the next turn, because this may run inside a call of the owner.
void MessageStream::fail_later(StreamEnd end) noexcept {
    broken_ = true;
    ended_ = true;
    reported_ = false;
    end_ = end;
    later_.start();
    update_watch();
}

void MessageStream::update_watch() noexcept {
    unsigned events = Poll::kNone;
    if (!ended_ && !paused_ && transport_->unsent() == 0) events |= transport_->read_waits_for();
    if (!broken_ && unsent() > 0) events |= transport_->write_waits_for();
    poll_.watch(events);
}

void MessageStream::on_event(unsigned events) noexcept {
    bool destroyed = false;
    destroyed_ = &destroyed;
    if ((events & transport_->write_waits_for()) != 0) flush();
    if (!destroyed && (events & transport_->read_waits_for()) != 0) read_and_reply();
    if (destroyed) return;
    destroyed_ = nullptr;
    update_watch();
}

/// What the owner sends while messages are delivered leaves together. A peer that does not take it is not read.
void MessageStream::read_and_reply() noexcept {
    const bool& destroyed = *destroyed_;
    if (!broken_ && transport_->unsent() > 0) return;
    gathering_ = !transport_->hold();
    if (!read_and_deliver()) return;
    gathering_ = false;
    send_gathered();
    if (!transport_->release() && !broken_) fail_later(StreamEnd::Failed);
    if (std::exchange(delivered_, false)) owner_.on_delivered(*this);
    if (!destroyed && ended_ && (!paused_ || broken_)) report_end();
}

void MessageStream::flush() noexcept {
    if (broken_ || unsent() == 0) return;
    if (const auto flushed = transport_->flush(); flushed.status != Transport::Status::Done) {
        if (flushed.status != Transport::Status::Again) fail_later(StreamEnd::Failed);
        return;
    }
    while (queued() > 0) {
        const auto moved = transport_->write({out_ + out_begin_, unsent()}, {});
        if (moved.status == Transport::Status::Again) return;
        if (moved.status != Transport::Status::Done) return fail_later(StreamEnd::Failed);
        out_begin_ += moved.count;
    }
    release_out();
    if (transport_->has_unread()) later_.start();  // the socket need not become readable
    owner_.on_drained(*this);
}

/// False when the owner destroyed the stream.
bool MessageStream::read_and_deliver() noexcept {
    if (!deliver()) return false;
    bool more = true;
    for (int reads = 0; more && !ended_ && !paused_; ++reads) {
        if (reads == kReadsPerTurn) {
            later_.start();
            break;
        }
        more = read_once();
        if (!deliver()) return false;
    }
    return true;
}

/// Returns whether there may be more to read.
bool MessageStream::read_once() noexcept {
    if (!make_room()) {
        fail_later(StreamEnd::NoBuffer);
        return false;
    }
    const MutableBytes room = free_room();
    const auto moved = transport_->read(room);
    switch (moved.status) {
        case Transport::Status::Done:
            in_end_ += moved.count;
            return moved.count == room.size() || transport_->has_unread();
        case Transport::Status::Again: return false;
        case Transport::Status::End:
            ended_ = true;
            end_ = StreamEnd::Finished;
            return false;
        case Transport::Status::Failed: fail_later(StreamEnd::Failed); return false;
    }
    return false;
}

/// Delivers every complete message that has been read; false when the owner destroyed the stream.
bool MessageStream::deliver() noexcept {
    const bool& destroyed = *destroyed_;
    while (!paused_ && !broken_ && in_end_ - in_begin_ >= kLengthSize) {
        const std::uint8_t* const at = in() + in_begin_;
        const std::size_t size = load_u16(at);
        if (in_end_ - in_begin_ < kLengthSize + size) break;
        in_begin_ += kLengthSize + size;
        delivered_ = true;
        owner_.on_message(*this, {at + kLengthSize, size});
        if (destroyed) return false;
        if (in_large_ != nullptr) release_room();
    }
    if (in_begin_ == in_end_) release_room();
    return true;
}

/// Everything was written.
void MessageStream::release_out() noexcept {
    out_begin_ = out_end_ = 0;
    buffers_.give_back(std::exchange(out_, nullptr));
}

/// All bytes have been delivered.
void MessageStream::release_room() noexcept {
    in_begin_ = in_end_ = 0;
    buffers_.give_back_small(std::move(in_small_));
    buffers_.give_back(std::exchange(in_large_, nullptr));
}

/// Moves the unread bytes to the front of the buffer, or into a large buffer when their message does not fit into the
/// small one.
bool MessageStream::make_room() noexcept {
    if (in_large_ != nullptr) return true;
    if (in_small_ == nullptr) in_small_ = buffers_.take_small();
    const std::size_t unread = in_end_ - in_begin_;
    std::uint8_t* const first = in_small_.get() + in_begin_;
    const bool fits = unread < kLengthSize || kLengthSize + load_u16(first) <= StreamBuffers::kSmall;
    if (!fits && (in_large_ = buffers_.take()) == nullptr) return false;
    if (std::uint8_t* const target = fits ? in_small_.get() : in_large_; target != first) {
        std::copy(first, first + unread, target);
        in_begin_ = 0;
        in_end_ = unread;
    }
    if (!fits) buffers_.give_back_small(std::move(in_small_));
    return true;
}

MutableBytes MessageStream::free_room() noexcept {
    const std::size_t capacity = in_large_ != nullptr ? kLengthSize + load_u16(in_large_) : StreamBuffers::kSmall;
    return {in() + in_end_, capacity - in_end_};
}

void MessageStream::report_end() noexcept {
    if (std::exchange(reported_, true)) return;
    if (end_ == StreamEnd::Finished && in_end_ != in_begin_) {
        end_ = StreamEnd::Cut;
        broken_ = true;
    }
    owner_.on_end(*this, end_);
}

}  // namespace cenote::loop
