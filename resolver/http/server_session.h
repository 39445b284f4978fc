// SPDX-License-Identifier: Apache-2.0
//
// The server's side of one HTTP/2 connection (RFC 9113), over bytes: what was received is fed, requests come out, and
// what is to be sent is taken. It has no socket and does not read what is asked. The only user of nghttp2.
//
// A client of HTTP/1.x gets status 505. Flow control, HPACK and the states of streams are nghttp2's; the budgets
// against floods are here. nghttp2 is never called from within its own callbacks, and gets no byte once a session has
// ended.
//
// Threads:  one.
// Time:     an argument.
// Memory:   a session's of nghttp2 and bodies above Stream::kSpace, both at most Limits::memory_max; streams of the
//           StreamPool. While it is idle it can do without some 8 KiB: rest().
// Failure:  ended(): feed nothing more, send what there is, close.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/http/allowance.h"
#include "resolver/http/message.h"
#include "resolver/http/stream_pool.h"

namespace cenote::http {

/// The version that was agreed on before the first byte (RFC 9113 §3.2): Http1 with a client that did not offer h2.
enum class Version : std::uint8_t { Http1, Http2 };

/// Takes the requests of a session.
class RequestSink {
public:
    /// The request is whole, or has a fault. respond() may be called at once, or later.
    virtual void on_request(const Request& request) noexcept = 0;

protected:
    ~RequestSink() = default;
};

/// What a session has done since it was asked last, for counters.
struct SessionNotes {
    std::uint32_t refused = 0;  // streams above the limit
    std::uint32_t stalled = 0;  // streams reset because they took too long
};

class ServerSession {
public:
    /// `pool` and `sink` must outlive it. `media_type`: a constant, of the responses with a body, which a request may
    /// exclude; empty: Accept fields are not read. nullptr: Limits::memory_max does not suffice.
    static std::unique_ptr<ServerSession> create(Version version, const Limits& limits, StreamPool& pool,
                                                 RequestSink& sink, Ticks now, std::string_view media_type = {});
    ~ServerSession();
    ServerSession(const ServerSession&) = delete;
    ServerSession& operator=(const ServerSession&) = delete;

    /// How many bytes nghttp2 takes before the budgets are looked at. A caller that feeds no more at once, and calls
    /// fill() in between, feeds none behind an error that nghttp2 has found.
    static constexpr std::size_t kFedAtOnce = 8192;

    /// Takes bytes from the client, and delivers the requests that are whole. Nothing once it has ended.
    void feed(ByteView bytes, Ticks now) noexcept;
    /// Answers a request that was delivered. False: its stream is gone.
    bool respond(std::uint32_t stream, const Response& response, Ticks now) noexcept;
    /// Writes what is to be sent; 0: nothing is.
    [[nodiscard]] std::size_t fill(MutableBytes space) noexcept;
    /// Resets the streams that have taken too long.
    void expire(Ticks now) noexcept;
    /// Announces that no more requests are taken soon (RFC 9113 §6.8); those on their way are still served.
    void announce_end() noexcept;
    /// The last streams that are served are those that have begun.
    void finish() noexcept;
    /// Gives back memory that is of no use before the next request. No effect while anything is under way.
    void rest() noexcept;

    [[nodiscard]] Ended ended() const noexcept { return ended_; }
    /// Streams that are open.
    [[nodiscard]] std::uint32_t streams() const noexcept { return stream_count_; }
    [[nodiscard]] SessionNotes take_notes() noexcept;

private:
    struct Library;  // what is of nghttp2, and its callbacks

    ServerSession(Version version, const Limits& limits, StreamPool& pool, RequestSink& sink, Ticks now,
                  std::string_view media_type);
    void check_first(ByteView bytes) noexcept;
    void refuse_version() noexcept;
    void deliver() noexcept;
    [[nodiscard]] bool take_chunk() noexcept;
    void look_for_end() noexcept;
    void end(Ended why) noexcept;
    void fail(Ended why) noexcept;
    void reset_answered() noexcept;
    [[nodiscard]] Stream* find(std::int32_t id) noexcept;
    [[nodiscard]] Stream* add(std::int32_t id) noexcept;
    void remove(std::int32_t id) noexcept;
    void take_field(Stream& stream, std::string_view name, std::string_view value) noexcept;
    void take_body(Stream& stream, ByteView bytes) noexcept;
    void set_fault(Stream& stream, Fault fault) noexcept;
    [[nodiscard]] bool hold_body(Stream& stream, ByteView body) noexcept;
    void drop_body(Stream& stream) noexcept;
    void arrived(Stream& stream) noexcept;

    Limits limits_;
    StreamPool& pool_;
    RequestSink& sink_;
    std::string_view media_type_;
    std::unique_ptr<Library> library_;
    Allowance resets_;
    Allowance frames_;
    Stream* first_ = nullptr;  // of the open streams, in the order in which they began
    Stream* last_ = nullptr;
    Stream* found_ = nullptr;  // by find() last
    std::uint32_t stream_count_ = 0;
    std::uint32_t arrived_ = 0;   // streams in that state
    std::uint32_t to_reset_ = 0;  // streams that are answered before the client has sent all
    ByteView chunk_;              // to be sent: bytes of nghttp2
    ByteView farewell_;           // to be sent at the end, instead of what nghttp2 would send
    Ended ended_ = Ended::No;
    Ended seen_ = Ended::No;  // what a callback has found
    bool http1_ = false;
    bool dead_ = false;         // nghttp2 must not be called again
    bool leaving_ = false;      // one of the two sides has announced its end
    std::uint8_t preface_ = 0;  // bytes of it that have come
    SessionNotes notes_;
    Ticks now_{};
    std::array<std::uint8_t, 17> goaway_{};
};

}  // namespace cenote::http
