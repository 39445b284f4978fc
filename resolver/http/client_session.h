// SPDX-License-Identifier: Apache-2.0
//
// The client's side of one HTTP/2 connection (RFC 9113), over bytes: small requests by POST are given to it, what is to
// be sent is taken, what was received is fed, and responses come out. It has no socket, and nothing in it depends on
// what is asked.
//
// Flow control, HPACK and the states of streams are nghttp2's; the budgets against a hostile server are here. nghttp2
// is never called from within its own callbacks, and gets no byte once a session has ended. No redirect is followed,
// and pushed responses end the session.
//
// Threads:  one.
// Time:     an argument.
// Memory:   a session's of nghttp2 and bodies above ClientStream::kSpace, both at most Limits::memory_max; and some
//           3 KiB for each request that was ever open at the same time.
// Failure:  ended(): feed nothing more, send what there is, close. Its open requests have no result then.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/http/allowance.h"
#include "resolver/http/message.h"

namespace cenote::http {

/// Takes what the requests of a session come to: one call for each.
class ResponseSink {
public:
    /// The response is whole, whatever its status.
    virtual void on_response(std::uint32_t stream, const Received& received) noexcept = 0;
    virtual void on_lost(std::uint32_t stream, Loss why) noexcept = 0;

protected:
    ~ResponseSink() = default;
};

struct ClientStream;

class ClientSession {
public:
    static constexpr std::size_t kRequestMax = 512;
    /// How many bytes nghttp2 takes before the budgets are looked at, as ServerSession::kFedAtOnce.
    static constexpr std::size_t kFedAtOnce = 8192;

    /// `sink` must outlive it. nullptr: Limits::memory_max does not suffice.
    static std::unique_ptr<ClientSession> create(Target target, const Limits& limits, ResponseSink& sink, Ticks now);
    ~ClientSession();
    ClientSession(const ClientSession&) = delete;
    ClientSession& operator=(const ClientSession&) = delete;

    /// Begins a request with a body of at most kRequestMax bytes, which are copied, and returns its stream; 0: none is
    /// taken now.
    [[nodiscard]] std::uint32_t post(ByteView body) noexcept;
    /// The result is no longer wanted. The stream stays open until there is one: servers count streams that a client
    /// resets, and close the connection of one that does so often (CVE-2023-44487).
    void forget(std::uint32_t stream) noexcept;
    /// Takes bytes from the server, and delivers results. Nothing is taken once it has ended.
    void feed(ByteView bytes, Ticks now) noexcept;
    /// Delivers results that came to be outside of feed().
    void deliver() noexcept;
    /// Writes what is to be sent; 0: nothing is.
    [[nodiscard]] std::size_t fill(MutableBytes space) noexcept;
    /// Ends it in order (RFC 9113 §6.8).
    void leave() noexcept;

    /// Whether post() takes a request: the server allows one more (RFC 9113 §5.1.2), and does not leave.
    [[nodiscard]] bool takes_more() const noexcept;
    [[nodiscard]] bool has_results() const noexcept { return settled_ > 0; }
    /// Streams that are open, those that are forgotten among them.
    [[nodiscard]] std::size_t streams() const noexcept { return open_.size(); }
    [[nodiscard]] Ended ended() const noexcept { return ended_; }

private:
    struct Library;  // what is of nghttp2, and its callbacks

    ClientSession(Target target, const Limits& limits, ResponseSink& sink, Ticks now);
    [[nodiscard]] ClientStream* find(std::int32_t id) noexcept;
    [[nodiscard]] ClientStream* add();
    void remove(ClientStream* stream) noexcept;
    [[nodiscard]] ClientStream* next_settled() noexcept;
    void hand_over(const ClientStream& stream) noexcept;
    void reset_settled() noexcept;
    void settle(ClientStream& stream) noexcept;
    void lose(ClientStream& stream, Loss why) noexcept;
    void take_field(ClientStream& stream, std::string_view name, std::string_view value) noexcept;
    void take_body(ClientStream& stream, ByteView bytes) noexcept;
    [[nodiscard]] bool take_chunk() noexcept;
    void look_for_end() noexcept;
    void end(Ended why) noexcept;
    void fail(Ended why) noexcept;

    Target target_;
    Limits limits_;
    ResponseSink& sink_;
    std::unique_ptr<Library> library_;
    Allowance frames_;
    std::vector<std::unique_ptr<ClientStream>> streams_;  // all that were made
    std::vector<ClientStream*> free_;
    std::vector<ClientStream*> open_;  // in the order in which they began
    std::uint32_t settled_ = 0;        // results that are to be delivered
    bool to_reset_ = false;            // a stream is to be reset
    ByteView chunk_;                   // to be sent: bytes of nghttp2
    Ended ended_ = Ended::No;
    Ended seen_ = Ended::No;  // what a callback has found
    bool dead_ = false;       // nghttp2 must not be called again
    bool leaving_ = false;    // one of the two sides has announced its end
};

}  // namespace cenote::http
