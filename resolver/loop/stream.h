// SPDX-License-Identifier: Apache-2.0
//
// DNS messages over a connected stream (RFC 1035 §4.2.2, RFC 7766 §8), towards clients and upstream servers alike.
//
// Threads:  the loop's thread. Data plane; constructing a stream allocates, and using it only where more streams than
//           before hold a part of a message.
// Time:     none: idle and overall timeouts are the owner's.
// Memory:   none while nothing of a message waits: StreamBuffers lend 2 KiB to read. A longer message, or bytes that
// the
//           peer does not take, need a buffer of 64 KiB + 2, whose number is bounded; a stream holds at most one to
//           read and one to write. Replies that leave together are gathered in the latter where there is one.
// Failure:  on_end(), after which nothing more is read. The owner is never called from inside send(), pause() or
//           resume(), nor from within one of its own calls.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/loop/loop.h"

namespace cenote::loop {

/// Buffers for the streams of one thread: allocated when first needed, then kept. Large ones, at most `count_max`, and
/// small ones, as many as there are streams with a part of a message; of those some are kept.
class StreamBuffers {
public:
    static constexpr std::size_t kSize = 2 + 65535;
    static constexpr std::size_t kSmall = 2048;

    explicit StreamBuffers(std::uint32_t count_max);

    /// nullptr when all are in use.
    [[nodiscard]] std::uint8_t* take() noexcept;
    void give_back(std::uint8_t* buffer) noexcept;
    [[nodiscard]] std::uint32_t in_use() const noexcept { return in_use_; }
    [[nodiscard]] std::unique_ptr<std::uint8_t[]> take_small() noexcept;
    void give_back_small(std::unique_ptr<std::uint8_t[]> buffer) noexcept;

private:
    static constexpr std::size_t kSmallKept = 64;

    std::vector<std::unique_ptr<std::uint8_t[]>> small_;  // the free ones
    std::vector<std::unique_ptr<std::uint8_t[]>> buffers_;
    std::vector<std::uint8_t*> free_;
    std::uint32_t count_max_;
    std::uint32_t in_use_ = 0;
};

/// How a connection began: without a handshake, with a full one, or by resuming a session.
enum class Handshake : std::uint8_t { None, Full, Resumed };

/// The certificate of a client: it has sent none, one that its authority, its time and the lists of revoked ones make
/// valid, or another one.
enum class CertificateState : std::uint8_t { None, Valid, NotValid };

/// What a valid certificate of a client says, whose key the client has (RFC 8446 §4.4.3).
struct PeerCertificate {
    enum class Kind : std::uint8_t { Dns, Email, Uri };
    std::vector<std::pair<Kind, std::string>> names;  // of its subjectAltName, as they are there
    WallTime ends{};
    std::uint64_t trust = 0;  // TlsServer::trust() of the one that has checked it
};

/// The bytes of a connection, in both directions: those of the socket itself, or through TLS (tls.h). Client and server
/// connections use the same interface.
class Transport {
public:
    enum class Status : std::uint8_t { Done, Again, End, Failed };
    struct Moved {
        Status status = Status::Done;
        std::size_t count = 0;  // bytes moved, at least one; 0 unless Done
    };

    virtual ~Transport() = default;
    [[nodiscard]] virtual int fd() const noexcept = 0;
    [[nodiscard]] virtual Moved read(MutableBytes into) noexcept = 0;
    /// Writes as much as possible of two consecutive pieces.
    [[nodiscard]] virtual Moved write(ByteView first, ByteView second) noexcept = 0;
    /// The Poll::Events after which a read (or a write) that returned Again should be tried again.
    [[nodiscard]] virtual unsigned read_waits_for() const noexcept = 0;
    [[nodiscard]] virtual unsigned write_waits_for() const noexcept = 0;
    /// read() would return bytes although the socket has none.
    [[nodiscard]] virtual bool has_unread() const noexcept = 0;
    /// Between hold() and release(), write() keeps bytes, so that one system call sends many messages. False: it keeps
    /// none.
    virtual bool hold() noexcept { return false; }
    /// False: the connection has failed.
    virtual bool release() noexcept { return true; }
    /// Bytes that write() has taken and the socket has not; flush() tries to send them.
    [[nodiscard]] virtual std::size_t unsent() const noexcept { return 0; }
    /// Done with a count of 0: all were sent.
    [[nodiscard]] virtual Moved flush() noexcept { return {Status::Done, 0}; }
    /// Bytes that the socket has taken so far, whatever layer they are of. It grows while the peer reads.
    [[nodiscard]] virtual std::uint64_t sent() const noexcept = 0;
    /// A handshake is over, or there is none.
    [[nodiscard]] virtual bool is_ready() const noexcept { return true; }
    /// None while it is under way.
    [[nodiscard]] virtual Handshake handshake() const noexcept { return Handshake::None; }
    /// The protocol that the handshake agreed on (RFC 7301); empty: none.
    [[nodiscard]] virtual std::string_view protocol() const noexcept { return {}; }
    /// Of the client, once the handshake is over.
    [[nodiscard]] virtual CertificateState certificate_state() const noexcept { return CertificateState::None; }
    /// Without names where the state is not Valid.
    [[nodiscard]] virtual PeerCertificate peer_certificate() const { return {}; }
    /// Nothing more will be written, and nothing is unsent: the peer gets the end of the stream.
    virtual void finish() noexcept = 0;
    /// For people: why a read or a write of the layer above the socket Failed; empty: errno says so.
    [[nodiscard]] virtual std::string failure() const { return {}; }
};

/// A transport without a layer of its own. `fd` is non-blocking, and connected or being connected.
std::unique_ptr<Transport> make_plain_transport(UniqueFd fd);

enum class StreamEnd : std::uint8_t {
    Finished,  // the peer ended its direction between two messages; it may still read, and send() works
    Cut,       // the peer closed inside a message
    Failed,    // reset, refused, unreachable, or a failure of the transport
    NoBuffer,  // all of StreamBuffers were in use
};

class MessageStream;

/// The owner of a stream. Each call may destroy the calling stream.
class StreamOwner {
public:
    virtual void on_message(MessageStream& stream, ByteView message) noexcept = 0;
    /// Called after one or more messages, when what was sent meanwhile has been written: unsent() is what the peer has
    /// not taken of it.
    virtual void on_delivered(MessageStream&) noexcept {}
    /// All queued messages have been written.
    virtual void on_drained(MessageStream& stream) noexcept = 0;
    /// Called once, and once more if the end was Finished and sending fails later.
    virtual void on_end(MessageStream& stream, StreamEnd end) noexcept = 0;

protected:
    ~StreamOwner() = default;
};

class MessageStream {
public:
    /// Reading begins with the next turn of the loop. `buffers` and `owner` must outlive the stream.
    MessageStream(Loop& loop, StreamBuffers& buffers, std::unique_ptr<Transport> transport, StreamOwner& owner);
    ~MessageStream();
    MessageStream(const MessageStream&) = delete;
    MessageStream& operator=(const MessageStream&) = delete;

    /// Sends the message with its length in front, or queues it; while messages are delivered, those that are sent
    /// leave together. False: it does not fit behind the unsent bytes, or the stream is broken; nothing of it was
    /// queued.
    bool send(ByteView message) noexcept;
    [[nodiscard]] int fd() const noexcept { return transport_->fd(); }
    [[nodiscard]] std::size_t unsent() const noexcept { return queued() + transport_->unsent(); }
    [[nodiscard]] const Transport& transport() const noexcept { return *transport_; }
    /// What has come of a message that is not complete, its length included.
    [[nodiscard]] ByteView unfinished() const noexcept {
        return {(in_large_ != nullptr ? in_large_ : in_small_.get()) + in_begin_, in_end_ - in_begin_};
    }

    /// Between pause() and resume() no message is delivered, and nothing is read from the transport.
    void pause() noexcept;
    void resume() noexcept;

private:
    static constexpr std::size_t kGathered = 4096;  // about the replies to what one read brings

    [[nodiscard]] std::size_t queued() const noexcept { return out_end_ - out_begin_; }
    void on_event(unsigned events) noexcept;
    void flush() noexcept;
    void read_and_reply() noexcept;
    [[nodiscard]] bool read_and_deliver() noexcept;
    [[nodiscard]] bool gather(ByteView length, ByteView message) noexcept;
    void send_gathered() noexcept;
    bool read_once() noexcept;
    bool deliver() noexcept;
    void release_out() noexcept;
    void release_room() noexcept;
    bool make_room() noexcept;
    [[nodiscard]] MutableBytes free_room() noexcept;
    bool enqueue(ByteView length, ByteView message, std::size_t sent) noexcept;
    void fail_later(StreamEnd end) noexcept;
    void report_end() noexcept;
    void update_watch() noexcept;
    [[nodiscard]] std::uint8_t* in() noexcept { return in_large_ != nullptr ? in_large_ : in_small_.get(); }

    StreamBuffers& buffers_;
    std::unique_ptr<Transport> transport_;
    StreamOwner& owner_;
    Poll poll_;
    NextTurn later_;                            // delivers in the next turn what must not be delivered inside a call
    bool* destroyed_ = nullptr;                 // set to true when a callback destroys the stream
    std::unique_ptr<std::uint8_t[]> in_small_;  // while there are unread bytes; messages that fit
    std::uint8_t* in_large_ = nullptr;          // holds exactly one message
    std::uint8_t* out_ = nullptr;
    std::size_t in_begin_ = 0;
    std::size_t in_end_ = 0;
    std::size_t out_begin_ = 0;
    std::size_t out_end_ = 0;
    std::size_t gathered_ = 0;  // bytes in out_ that were not offered to the transport yet; then nothing is queued
    bool gathering_ = false;    // messages are being delivered, and the transport holds nothing
    bool delivered_ = false;    // a message since on_delivered()
    bool paused_ = false;
    bool ended_ = false;     // nothing more to read
    bool broken_ = false;    // nothing more to write either
    bool reported_ = false;  // on_end() was called
    StreamEnd end_ = StreamEnd::Failed;
};

}  // namespace cenote::loop
