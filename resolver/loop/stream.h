// SPDX-License-Identifier: Apache-2.0
//
// DNS messages over a connected stream (RFC 1035 §4.2.2, RFC 7766 §8), for clients and for upstream servers.
//
// Threads:  the loop's thread. Data plane; building a stream allocates, using it does not.
// Time:     none: idle and overall timeouts are the owner's.
// Memory:   2 KiB in the stream. A longer message, or what the peer does not take at once, needs a buffer of
//           64 KiB + 2 from StreamBuffers, which are bounded; each stream holds at most one to read and one to write.
// Failure:  on_end(), after which nothing more is read. The owner is never called from inside send(), pause() or
//           resume(), nor from within one of its own calls.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/loop/loop.h"

namespace cenote::loop {

/// Large buffers for the streams of one thread: allocated when first needed, kept, never more than `count_max`.
class StreamBuffers {
public:
    static constexpr std::size_t kSize = 2 + 65535;

    explicit StreamBuffers(std::uint32_t count_max);

    /// nullptr when all are in use.
    [[nodiscard]] std::uint8_t* take() noexcept;
    void give_back(std::uint8_t* buffer) noexcept;
    [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }

private:
    std::vector<std::unique_ptr<std::uint8_t[]>> buffers_;
    std::vector<std::uint8_t*> free_;
    std::uint32_t count_max_;
    std::uint32_t in_use_ = 0;
};

/// How bytes get into and out of a socket: plain, or through TLS (tls.h).
class Transport {
public:
    enum class Status : std::uint8_t { Done, Again, End, Failed };
    struct Moved {
        Status status = Status::Done;
        std::size_t count = 0;  // of Done: how many bytes, at least one
    };

    virtual ~Transport() = default;
    [[nodiscard]] virtual int fd() const noexcept = 0;
    [[nodiscard]] virtual Moved read(MutableBytes into) noexcept = 0;
    /// Of two pieces in a row, as much as goes.
    [[nodiscard]] virtual Moved write(ByteView first, ByteView second) noexcept = 0;
    /// The Poll::Events after which a read, or a write, that gave Again may go on.
    [[nodiscard]] virtual unsigned read_waits_for() const noexcept = 0;
    [[nodiscard]] virtual unsigned write_waits_for() const noexcept = 0;
    /// Bytes that read() would give although the socket has none.
    [[nodiscard]] virtual bool has_unread() const noexcept = 0;
};

/// `fd` is non-blocking and connected, or being connected.
std::unique_ptr<Transport> make_plain_transport(UniqueFd fd);

enum class StreamEnd : std::uint8_t {
    Finished,  // the peer sends nothing more, between two messages; it may still read (send() works)
    Cut,       // the peer closed inside a message
    Failed,    // reset, refused, unreachable, or the transport's own failure
    NoBuffer,  // StreamBuffers had none left
};

class MessageStream;

/// Each call may destroy the stream that calls.
class StreamOwner {
public:
    virtual void on_message(MessageStream& stream, ByteView message) noexcept = 0;
    /// All that was queued has gone out.
    virtual void on_drained(MessageStream& stream) noexcept = 0;
    /// Once; once more if it was Finished and sending fails later.
    virtual void on_end(MessageStream& stream, StreamEnd end) noexcept = 0;

protected:
    ~StreamOwner() = default;
};

class MessageStream {
public:
    /// Reads at once. `buffers` and `owner` must outlive the stream.
    MessageStream(Loop& loop, StreamBuffers& buffers, std::unique_ptr<Transport> transport, StreamOwner& owner);
    ~MessageStream();
    MessageStream(const MessageStream&) = delete;
    MessageStream& operator=(const MessageStream&) = delete;

    /// Sends the message with its length in front, or queues it. False: it does not fit behind what is unsent, or
    /// the stream is broken; nothing of it was queued.
    bool send(ByteView message) noexcept;
    [[nodiscard]] int fd() const noexcept { return transport_->fd(); }
    [[nodiscard]] std::size_t unsent() const noexcept { return out_end_ - out_begin_; }

    /// Between pause() and resume() no message is given, nor more read than was read before.
    void pause() noexcept;
    void resume() noexcept;

private:
    static constexpr std::size_t kSmall = 2048;

    void on_event(unsigned events) noexcept;
    void flush() noexcept;
    void read_and_deliver() noexcept;
    bool read_once() noexcept;
    bool deliver() noexcept;
    bool make_room() noexcept;
    [[nodiscard]] MutableBytes free_room() noexcept;
    bool enqueue(ByteView length, ByteView message, std::size_t sent) noexcept;
    void fail_later(StreamEnd end) noexcept;
    void tell_end() noexcept;
    void update_watch() noexcept;
    [[nodiscard]] std::uint8_t* in() noexcept { return in_large_ != nullptr ? in_large_ : in_small_.data(); }

    StreamBuffers& buffers_;
    std::unique_ptr<Transport> transport_;
    StreamOwner& owner_;
    Poll poll_;
    Timer later_;                       // what must not happen inside a call of the owner happens next turn
    bool* destroyed_ = nullptr;         // told when a callback destroys the stream
    std::uint8_t* in_large_ = nullptr;  // holds exactly one message
    std::uint8_t* out_ = nullptr;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::size_t out_begin_ = 0;
    std::size_t out_end_ = 0;
    bool paused_ = false;
    bool ended_ = false;   // nothing more to read
    bool broken_ = false;  // nothing more to write either
    bool told_ = false;    // on_end() was called
    StreamEnd end_ = StreamEnd::Failed;
    std::array<std::uint8_t, kSmall> in_small_;
};

}  // namespace cenote::loop
