// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/byte_stream.h"

#include <algorithm>
#include <utility>

namespace cenote::loop {
namespace {

constexpr int kReadsPerTurn = 16;  // the rest is read in the next turn, after other descriptors

}  // namespace

ByteStream::ByteStream(Loop& loop, StreamBuffers& buffers, ByteSpace& space, std::unique_ptr<Transport> transport,
                       ByteOwner& owner)
    : buffers_(buffers),
      space_(space),
      transport_(std::move(transport)),
      owner_(owner),
      poll_(loop, transport_->fd(), [this](unsigned events) { on_event(events); }),
      later_(loop, [this] { on_event(Poll::kReadable | Poll::kWritable); }) {
    finish_or_wait();
}

ByteStream::~ByteStream() { buffers_.give_back(out_); }

void ByteStream::send() noexcept {
    if (busy_ || broken_) return;
    write();
    finish_or_wait();
}

void ByteStream::finish() noexcept {
    finishing_ = true;
    if (!busy_) finish_or_wait();
}

void ByteStream::on_event(unsigned events) noexcept {
    busy_ = true;
    if (unsent() > 0 && (events & transport_->write_waits_for()) != 0) {
        write();
        if (!broken_ && unsent() == 0) {
            owner_.on_drained();
            if (transport_->has_unread()) later_.start();  // the socket need not wake us
        }
    }
    if ((events & transport_->read_waits_for()) != 0) read();
    if (ended_ && (broken_ || unsent() == 0) && !std::exchange(reported_, true)) owner_.on_end(end_);
    busy_ = false;
    finish_or_wait();
}

/// What is sent meanwhile leaves together.
void ByteStream::read() noexcept {
    if (unsent() > 0) return;
    static_cast<void>(transport_->hold());
    for (int reads = 0; read_once(); ++reads) {
        if (reads < kReadsPerTurn) continue;
        later_.start();
        break;
    }
    if (!transport_->release() && !broken_) fail(StreamEnd::Failed);
}

/// Whether there may be more to read.
bool ByteStream::read_once() noexcept {
    if (ended_ || unsent() > 0) return false;
    const auto moved = transport_->read(space_.received);
    switch (moved.status) {
        case Transport::Status::Done: break;
        case Transport::Status::Again: return false;
        case Transport::Status::End:
            ended_ = true;
            end_ = StreamEnd::Finished;
            return false;
        case Transport::Status::Failed: fail(StreamEnd::Failed); return false;
    }
    owner_.on_bytes(ByteView(space_.received).first(moved.count));
    write();
    return moved.count == space_.received.size() || transport_->has_unread();
}

void ByteStream::write() noexcept {
    while (!broken_ && flush()) {
        const std::size_t size = owner_.fill(space_.sent);
        if (size == 0) return;
        const ByteView bytes = ByteView(space_.sent).first(size);
        const auto moved = transport_->write(bytes, {});
        if (moved.status == Transport::Status::Failed || moved.status == Transport::Status::End)
            return fail(StreamEnd::Failed);
        if (moved.count < size && !enqueue(bytes.subspan(moved.count))) return fail(StreamEnd::NoBuffer);
    }
}

/// Sends what was queued; true: nothing is left.
bool ByteStream::flush() noexcept {
    if (transport_->unsent() > 0) {
        const auto flushed = transport_->flush();
        if (flushed.status == Transport::Status::Failed) fail(StreamEnd::Failed);
        if (flushed.status != Transport::Status::Done) return false;
    }
    while (queued() > 0) {
        const auto moved = transport_->write({out_ + out_begin_, queued()}, {});
        if (moved.status == Transport::Status::Again) return false;
        if (moved.status != Transport::Status::Done) {
            fail(StreamEnd::Failed);
            return false;
        }
        out_begin_ += moved.count;
    }
    out_begin_ = out_end_ = 0;
    buffers_.give_back(std::exchange(out_, nullptr));
    return true;
}

/// The queue is empty.
bool ByteStream::enqueue(ByteView bytes) noexcept {
    static_assert(ByteSpace::kSent <= StreamBuffers::kSize);
    out_ = buffers_.take();
    if (out_ == nullptr) return false;
    std::ranges::copy(bytes, out_);
    out_begin_ = 0;
    out_end_ = bytes.size();
    return true;
}

void ByteStream::fail(StreamEnd end) noexcept {
    reported_ = false;
    broken_ = true;
    ended_ = true;
    end_ = end;
    if (!busy_) later_.start();
}

void ByteStream::finish_or_wait() noexcept {
    if (!broken_ && unsent() == 0 && std::exchange(finishing_, false)) transport_->finish();
    unsigned events = Poll::kNone;
    if (!ended_ && unsent() == 0) events |= transport_->read_waits_for();
    if (!broken_ && unsent() > 0) events |= transport_->write_waits_for();
    poll_.watch(events);
}

}  // namespace cenote::loop
