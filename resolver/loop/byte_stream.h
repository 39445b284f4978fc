// SPDX-License-Identifier: Apache-2.0
//
// Bytes over a connected stream, for protocols with frames of their own. What the owner has to send is asked for when
// it can be sent, so that it keeps what the peer does not take.
//
// Threads:  the loop's thread. Data plane; constructing a stream allocates, using it does not.
// Time:     none: timeouts are the owner's.
// Memory:   ByteSpace is shared by the streams of a thread. Bytes that the peer does not take at once need one of
//           StreamBuffers; while it holds any, nothing is read.
// Failure:  on_end(), once, and once more if the end was Finished and sending fails later. The owner must
//           not destroy the stream in a call.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "resolver/base/bytes.h"
#include "resolver/loop/loop.h"
#include "resolver/loop/stream.h"

namespace cenote::loop {

/// Space that the streams of a thread share.
struct ByteSpace {
    static constexpr std::size_t kReceived = 8192;
    static constexpr std::size_t kSent = 16384;

    std::array<std::uint8_t, kReceived> received;
    std::array<std::uint8_t, kSent> sent;
};

class ByteOwner {
public:
    virtual void on_bytes(ByteView bytes) noexcept = 0;
    /// Writes what is to be sent into `space`, and returns how much; 0: nothing is.
    virtual std::size_t fill(MutableBytes space) noexcept = 0;
    /// What was not taken at once has been sent.
    virtual void on_drained() noexcept = 0;
    virtual void on_end(StreamEnd end) noexcept = 0;

protected:
    ~ByteOwner() = default;
};

class ByteStream {
public:
    /// Reading begins with the next turn of the loop. All arguments must outlive the stream.
    ByteStream(Loop& loop, StreamBuffers& buffers, ByteSpace& space, std::unique_ptr<Transport> transport,
               ByteOwner& owner);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    /// Sends what the owner has. Within a call of the owner it is sent afterwards anyway.
    void send() noexcept;
    /// Once nothing is unsent, the peer gets the end of the stream; what it sends is still read.
    void finish() noexcept;
    [[nodiscard]] std::size_t unsent() const noexcept { return queued() + transport_->unsent(); }
    [[nodiscard]] const Transport& transport() const noexcept { return *transport_; }

private:
    [[nodiscard]] std::size_t queued() const noexcept { return out_end_ - out_begin_; }
    void on_event(unsigned events) noexcept;
    void read() noexcept;
    [[nodiscard]] bool read_once() noexcept;
    void write() noexcept;
    [[nodiscard]] bool flush() noexcept;
    [[nodiscard]] bool enqueue(ByteView bytes) noexcept;
    void fail(StreamEnd end) noexcept;
    void finish_or_wait() noexcept;

    StreamBuffers& buffers_;
    ByteSpace& space_;
    std::unique_ptr<Transport> transport_;
    ByteOwner& owner_;
    Poll poll_;
    NextTurn later_;               // for what must not be done inside a call, and for bytes that TLS has already
    std::uint8_t* out_ = nullptr;  // one of StreamBuffers
    std::size_t out_begin_ = 0;
    std::size_t out_end_ = 0;
    bool busy_ = false;      // within on_event()
    bool ended_ = false;     // nothing more to read
    bool broken_ = false;    // nothing more to write either
    bool reported_ = false;  // on_end() was called
    bool finishing_ = false;
    StreamEnd end_ = StreamEnd::Failed;
};

}  // namespace cenote::loop
