// SPDX-License-Identifier: Apache-2.0
//
// Asks upstream servers, one exchange for equal queries, and passes the scrubbed answer to all waiters.
//
// Threads:  one Forwarder a worker, used on that worker's thread only.
// Time:     the caller passes now; timers run on the worker's loop.
// Memory:   bounded by Options, allocated at start; a query that joins an exchange allocates nothing.
// Failure:  every waiter gets exactly one completion, within Options::timeout, whatever upstream does. A datagram that
//           does not match in full is counted and ignored, and never counts against a server.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/answer.h"

namespace cenote::rawudp {
struct Lane;
}

namespace cenote::upstream {

/// A query for upstream: the question, and the two bits that lead to other answers (DO, RFC 3225; CD, RFC 4035 §3.2.2).
/// Id, case and EDNS differ from one try to the next and are not part of it.
struct Query {
    wire::Question question;
    bool dnssec_ok = false;
    bool checking_disabled = false;

    friend bool operator==(const Query&, const Query&) noexcept = default;
};

/// A waiter: a number with a meaning to the sink only.
using Waiter = std::uint64_t;

enum class Ending : std::uint8_t {
    Answered,     // a scrubbed answer with any rcode but those that count as failure
    Failed,       // servers answered, none usably (SERVFAIL, REFUSED, a loop): EDE 22, or the EDE of the server
    Unreachable,  // network errors from all: EDE 23
    TimedOut,     // no response in time: EDE 22
    Overloaded,   // the exchange was the oldest at the limit, and evicted: SERVFAIL
};

/// A query of an exchange to one server.
struct Asked {
    enum class Way : std::uint8_t { Udp, Tcp, Tls, Https };

    SocketAddress server;
    Way way = Way::Udp;
    Ticks at{};
    Ticks answered{};  // zero: no response was taken
    wire::Rcode rcode = wire::Rcode::NoError;
};

struct Completion {
    Ending ending = Ending::TimedOut;
    ByteView answer;                 // with Answered only: the scrubbed message
    wire::AnswerInfo shape;          // with Answered, and with Failed where a server sent a response
    std::span<const Asked> asked{};  // in the order of their times, where the sink wants them
};

class AnswerSink {
public:
    /// The end of an exchange, once for each of its waiters. The views are valid during the call only.
    virtual void complete(const Query& query, const Completion& completion, std::span<const Waiter> waiters,
                          Ticks now) noexcept = 0;
    /// The client response timeout (RFC 8767 §5), Options::stale_after, has passed: the sink may answer waiters from
    /// stale data now. They stay registered, and the sink ignores complete() for those that it has answered.
    virtual void on_client_response_timeout(const Query& query, std::span<const Waiter> waiters,
                                            Ticks now) noexcept = 0;
    /// Whether complete() is to have Completion::asked. Called once an exchange.
    [[nodiscard]] virtual bool wants_asked() const noexcept { return false; }

protected:
    ~AnswerSink() = default;
};

enum class Ticket : std::uint8_t {
    Leading,
    Joined,
    Refused
};  // Refused: a limit was reached, and the sink is not called

struct ServerHealth {
    std::string server;
    bool healthy = true;
    Ticks judged_at{};      // when it last answered or failed to answer; zero: not asked yet
    bool answered = false;  // ever, in useful time; a healthy one may have been asked once, in vain
    double rtt_ms = 0;      // smoothed; 0: not known yet
    std::uint64_t queries = 0;
    std::uint64_t failures = 0;
    std::string why{};  // it is not healthy, for people; empty: there is nothing to add
};

struct Counters {
    std::uint64_t queries = 0;  // packets and streams sent upstream
    std::uint64_t joined = 0;   // queries that joined an exchange
    std::uint64_t timeouts = 0;
    std::uint64_t mismatched = 0;  // datagrams that were ignored: wrong id, question or flags
    std::uint64_t malformed = 0;
    std::uint64_t tcp = 0;           // exchanges that went on over TCP
    std::uint64_t http_refused = 0;  // queries over HTTPS whose stream was reset, or whose response was no answer
    std::uint64_t retries = 0;
    std::uint64_t overloaded = 0;
    std::uint64_t zone_full = 0;
    std::uint64_t route_full = 0;
    std::uint64_t returned = 0;  // exchanges that a query from the address of a server that was asked has joined
};

class Forwarder {
public:
    virtual ~Forwarder() = default;
    virtual Ticket resolve(const Query& query, Waiter waiter, Ticks now) noexcept = 0;
    /// The address of a client whose query has joined an exchange. Where it is that of a server which the exchange
    /// asks, the two may forward to each other, and the server is not tried again: each try would come back.
    virtual void note_joined(const Query& /*query*/, const IpAddress& /*client*/) noexcept {}
    /// Applies other servers or limits; exchanges that are under way keep theirs. Control plane, on the worker's
    /// thread.
    virtual void apply(const Options& options) = 0;
    [[nodiscard]] virtual std::vector<ServerHealth> health() const = 0;
    [[nodiscard]] virtual Counters counters() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t in_flight() const noexcept = 0;
};

/// `sink` must outlive the forwarder, and so must `lane`, by which datagrams leave where it reaches the server;
/// nullptr: by connected sockets.
std::unique_ptr<Forwarder> make_forwarder(loop::Loop& loop, AnswerSink& sink, const Options& options,
                                          rawudp::Lane* lane = nullptr);

}  // namespace cenote::upstream
