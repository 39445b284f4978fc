// SPDX-License-Identifier: Apache-2.0
//
// Asks upstream servers, one exchange for equal questions, and gives the validated answer to all who wait.
//
// Threads:  one Forwarder a worker, used on that worker's thread only.
// Time:     the caller passes now; timers hang on the worker's loop.
// Memory:   bounded by Options, allocated at start; a question that joins an exchange allocates nothing.
// Failure:  every waiter is called exactly once, within Options::timeout, whatever upstream does. A datagram that
//           does not match in full is counted and ignored, and never marks a server down.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "resolver/loop/loop.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/answer.h"

namespace cenote::upstream {

/// What is asked upstream: the question, and the two bits of the header and the OPT that lead to other answers (DO,
/// RFC 3225; CD, RFC 4035 §3.2.2). All else that a query carries belongs to one server and one try.
struct Query {
    wire::Question question;
    bool dnssec_ok = false;
    bool checking_disabled = false;

    friend bool operator==(const Query&, const Query&) noexcept = default;
};

/// Who waits: a number that means something to the sink alone.
using Waiter = std::uint64_t;

enum class Ending : std::uint8_t {
    Answered,  // a distilled answer with any rcode but the ones that count as failure
    Failed,    // servers answered, none usefully (SERVFAIL, REFUSED, malformed chain…): EDE 22, or the upstream's own
    Unreachable,  // network errors from all: EDE 23
    TimedOut,     // silence: EDE 22
    Overloaded,   // gave way to newer questions, or the waiters' limit: SERVFAIL
};

struct Completion {
    Ending ending = Ending::TimedOut;
    ByteView answer;          // distilled; of Answered only
    wire::AnswerShape shape;  // of Answered, and of Failed where a server said something
};

class AnswerSink {
public:
    /// All who asked `query` get this, once. The views are valid during the call only.
    virtual void complete(const Query& query, const Completion& completion, std::span<const Waiter> waiters,
                          Ticks now) noexcept = 0;
    /// Options::stale_after has passed: the sink may answer some from stale data now; they stay registered, and the
    /// sink ignores complete() for whoever it has answered.
    virtual void delayed(const Query& query, std::span<const Waiter> waiters, Ticks now) noexcept = 0;

protected:
    ~AnswerSink() = default;
};

enum class Ticket : std::uint8_t { Leading, Joined, Refused };  // Refused: a limit was hit, the sink will not be called

struct ServerHealth {
    std::string server;
    bool healthy = true;
    Ticks judged_at{};  // when it last answered or failed to; zero: not asked yet
    double rtt_ms = 0;  // smoothed; 0: not known yet
    std::uint64_t queries = 0;
    std::uint64_t failures = 0;
};

struct Counters {
    std::uint64_t queries = 0;  // packets and streams sent upstream
    std::uint64_t joined = 0;   // questions that joined an exchange
    std::uint64_t timeouts = 0;
    std::uint64_t mismatched = 0;  // datagrams ignored: wrong id, question, flags
    std::uint64_t malformed = 0;
    std::uint64_t tcp = 0;  // turned to TCP
    std::uint64_t retries = 0;
    std::uint64_t overloaded = 0;
};

class Forwarder {
public:
    virtual ~Forwarder() = default;
    virtual Ticket resolve(const Query& query, Waiter waiter, Ticks now) noexcept = 0;
    /// Takes other servers or limits; exchanges under way end as they began. Control plane, on the worker's thread.
    virtual void apply(const Options& options) = 0;
    [[nodiscard]] virtual std::vector<ServerHealth> health() const = 0;
    [[nodiscard]] virtual Counters counters() const noexcept = 0;
    [[nodiscard]] virtual std::uint32_t in_flight() const noexcept = 0;
};

/// `sink` must outlive the forwarder.
std::unique_ptr<Forwarder> make_forwarder(loop::Loop& loop, AnswerSink& sink, const Options& options);

}  // namespace cenote::upstream
