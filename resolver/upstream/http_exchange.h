// SPDX-License-Identifier: Apache-2.0
//
// Queries over HTTPS (RFC 8484): HTTP/2 by POST, several queries on a connection. Connections are kept for a while and
// used again.
//
// Threads:  one thread. Data plane, but for opening a connection and for a number of streams on it that it did not have
//           before, which allocate.
// Time:     the caller passes now.
// Memory:   at most kConnectionsMax connections, each with at most kStreamsMax queries; http::Limits bound each.
// Failure:  the sink gets one call for each query. Never from inside ask().
#pragma once

#include <memory>
#include <vector>

#include "resolver/loop/byte_stream.h"
#include "resolver/upstream/dialer.h"
#include "resolver/upstream/inflight.h"
#include "resolver/upstream/selector.h"

namespace cenote::upstream {

/// Why a query over HTTPS has no answer.
enum class HttpEnd : std::uint8_t {
    Connection,   // it has ended, or could not be made
    Unprocessed,  // the server has done nothing with the query: it may be sent again (RFC 9113 §8.7)
    Refused,      // the stream was reset, or the response is no DNS message that answers the query
};

class HttpExchange {
public:
    class Sink {
    public:
        /// A message that matches the query's id and question. `age_s`: since it was made (RFC 8484 §5.1).
        virtual void on_http_answer(const AttemptRef& attempt, ByteView packet, std::uint32_t age_s) noexcept = 0;
        virtual void on_http_end(const AttemptRef& attempt, HttpEnd why, const ServerFault& fault) noexcept = 0;
        virtual void on_http_mismatch() noexcept = 0;

    protected:
        ~Sink() = default;
    };

    HttpExchange(loop::Loop& loop, Sink& sink, Dialer& dialer);
    ~HttpExchange();
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    /// Connections take no more queries: the next ones are made anew.
    void renew_tls() noexcept;

    SendStatus ask(ServerIndex index, const ServerAddress& server, const Query& query, bool edns,
                   const AttemptRef& attempt, Ticks now) noexcept;
    /// The answer is no longer wanted.
    void abandon(const AttemptRef& attempt, Ticks now) noexcept;

private:
    static constexpr std::uint32_t kConnectionsMax = 64;
    static constexpr std::uint32_t kStreamsMax = 64;
    struct OpenQuery;
    class Connection;

    Connection* usable(ServerIndex index, const ServerAddress& server) noexcept;
    SendStatus open(ServerIndex index, const ServerAddress& server, Connection*& opened) noexcept;
    [[nodiscard]] bool make_room() noexcept;
    void sweep() noexcept;
    void close_idle() noexcept;

    loop::Loop& loop_;
    Sink& sink_;
    Dialer& dialer_;
    loop::StreamBuffers buffers_;
    loop::ByteSpace space_;
    loop::Timer sweep_timer_;  // for what must not be done inside a call
    loop::Timer idle_timer_;
    bool sweeping_ = false;
    std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace cenote::upstream
