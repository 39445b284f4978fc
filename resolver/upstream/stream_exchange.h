// SPDX-License-Identifier: Apache-2.0
//
// Queries over TCP (RFC 7766) and TLS (RFC 7858). Connections are kept for a while and used again. Over TLS several
// queries share a connection; over TCP each has one to itself, because many servers answer the first query only.
//
// Threads:  one thread. Data plane, but for opening a connection, which allocates.
// Time:     the caller passes now.
// Memory:   at most kConnectionsMax connections; StreamBuffers bound what they hold.
// Failure:  the sink gets one call for each query: an answer, or the end of its connection. Never from inside ask().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/random.h"
#include "resolver/loop/stream.h"
#include "resolver/upstream/dialer.h"
#include "resolver/upstream/inflight.h"
#include "resolver/upstream/selector.h"

namespace cenote::upstream {

class StreamExchange final : private loop::StreamOwner {
public:
    class Sink {
    public:
        /// A message that matches the query's id and question.
        virtual void on_stream_answer(const AttemptRef& attempt, ByteView packet) noexcept = 0;
        virtual void on_stream_end(const AttemptRef& attempt, const ServerFault& fault) noexcept = 0;
        virtual void on_stream_mismatch() noexcept = 0;

    protected:
        ~Sink() = default;
    };

    StreamExchange(loop::Loop& loop, Sink& sink, RandomSource& random, Dialer& dialer);
    ~StreamExchange();
    StreamExchange(const StreamExchange&) = delete;
    StreamExchange& operator=(const StreamExchange&) = delete;

    /// Connections through TLS take no more queries: the next ones are made anew.
    void renew_tls() noexcept;

    SendStatus ask(ServerIndex index, const ServerAddress& server, const Query& query, bool edns,
                   const AttemptRef& attempt, Ticks now) noexcept;
    /// The answer is no longer wanted.
    void abandon(const AttemptRef& attempt, Ticks now) noexcept;

private:
    static constexpr std::uint32_t kConnectionsMax = 64;
    struct OpenQuery;
    struct Connection;

    void on_message(loop::MessageStream& stream, ByteView message) noexcept override;
    void on_drained(loop::MessageStream&) noexcept override {}
    void on_end(loop::MessageStream& stream, loop::StreamEnd end) noexcept override;

    Connection* usable(ServerIndex index, const ServerAddress& server) noexcept;
    SendStatus open(ServerIndex index, const ServerAddress& server, Connection*& opened) noexcept;
    std::vector<std::unique_ptr<Connection>>::iterator owner_of(const loop::MessageStream& stream) noexcept;
    void close_idle() noexcept;

    loop::Loop& loop_;
    Sink& sink_;
    RandomSource& random_;
    Dialer& dialer_;
    loop::StreamBuffers buffers_;
    loop::Timer idle_timer_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace cenote::upstream
