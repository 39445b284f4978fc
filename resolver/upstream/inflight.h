// SPDX-License-Identifier: Apache-2.0
//
// The exchanges with upstream that are under way, and their waiters: equal queries share one exchange.
//
// Threads:  one thread. Data plane.
// Time:     none; exchanges are sorted by their start, which joining does not change.
// Memory:   only grow() allocates. References stay valid until the next grow().
// Failure:  open() gives nullptr and join() false when a limit is reached.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/upstream/upstream.h"
#include "resolver/upstream/via.h"
#include "resolver/upstream/zone_counts.h"

namespace cenote::upstream {

enum class SendStatus : std::uint8_t { Sent, NoSocket, Unreachable };

inline constexpr std::uint32_t kNone = 0xffffffff;
inline constexpr std::uint8_t kAttemptsMax = 8;

/// Refers to an attempt of an exchange; invalid once that exchange has ended.
struct AttemptRef {
    std::uint32_t exchange = kNone;
    std::uint32_t generation = 0;
    std::uint8_t attempt = 0;
    friend bool operator==(const AttemptRef&, const AttemptRef&) noexcept = default;
};

/// One try: a query to one server.
struct Attempt {
    using Via = upstream::Via;

    std::uint32_t slot = kNone;  // Udp: the socket; Raw: the place of its query
    std::uint8_t position = 0;   // the server, an index into Exchange::servers
    Via via = Via::Udp;
    bool live = false;  // an answer may still come
    bool edns = false;
    bool mixed_case = false;
    bool in_addition = false;  // a stream beside a live UDP query
    bool lost = false;         // counted as a loss of the server
    bool refused = false;      // an ICMP error or the end of the connection
    wire::Rcode rcode = wire::Rcode::NoError;
    Ticks sent_at{};
    Ticks answered_at{};  // zero: no response was taken
};

/// What is new in each exchange.
struct ExchangeState {
    bool probe = false;  // has no waiters
    bool ending = false;
    bool timeout_reported = false;
    bool stream_asked = false;    // a stream was opened, after a datagram that did not match or a truncated one
    bool stream_renewed = false;  // the query of a closed connection was sent again
    bool edns_refused = false;
    bool no_socket = false;
    bool has_failure = false;

    std::uint8_t attempt_count = 0;  // packets and streams sent
    std::uint8_t server_count = 0;
    std::uint8_t cursor = 0;    // the next server to ask, an index into `servers`
    std::uint8_t failed = 0;    // bit i: servers[i] gave no usable answer or cannot be reached
    std::uint8_t returned = 0;  // bit i: the question came back from the address of servers[i]

    Ticks started_at{};
    Ticks stale_at{};
    Ticks deadline{};
    Ticks retry_at{};

    // Used by Inflight only.
    std::uint64_t hash = 0;
    ZoneCounts::Places zones{};
    std::uint32_t next_in_bucket = kNone;
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;  // of a free exchange: the next free one
    std::uint32_t first_waiter = kNone;
    std::uint32_t waiter_count = 0;
};

struct Exchange : ExchangeState {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    Query query;
    std::array<Attempt, kAttemptsMax> attempts;       // the first attempt_count of them
    std::array<std::uint16_t, kAttemptsMax> servers;  // best first; the first server_count of them
    wire::AnswerInfo failure;                         // with has_failure

    [[nodiscard]] bool any_live() const noexcept {
        return std::any_of(attempts.begin(), attempts.begin() + attempt_count,
                           [](const Attempt& attempt) { return attempt.live; });
    }
};

class Inflight {
public:
    explicit Inflight(std::uint64_t seed) noexcept : seed_(seed), zones_(seed) {}

    /// Makes room for that many; never shrinks. Control plane.
    void grow(std::uint32_t exchanges, std::uint32_t waiters);

    /// For find() and open().
    [[nodiscard]] std::uint64_t hash_of(const Query& query) const noexcept;
    [[nodiscard]] Exchange* find(const Query& query, std::uint64_t hash) noexcept;
    [[nodiscard]] Exchange* find(const AttemptRef& ref) noexcept;
    [[nodiscard]] Exchange& at(std::uint32_t index) noexcept { return exchanges_[index]; }
    /// The exchange that began first; nullptr when there is none.
    [[nodiscard]] Exchange* oldest() noexcept { return oldest_ == kNone ? nullptr : &exchanges_[oldest_]; }

    /// Opens an exchange without waiters, counted in the zones of its name; nullptr when there is no room.
    Exchange* open(const Query& query, std::uint64_t hash, const ZoneCounts::Places& zones) noexcept;
    /// The same for a probe, which is not found by its query, is never the oldest, and counts nowhere.
    Exchange* open_probe(const Query& query) noexcept;
    [[nodiscard]] const ZoneCounts& zones() const noexcept { return zones_; }
    /// Adds a waiter; false when there is no room.
    bool join(Exchange& exchange, Waiter waiter) noexcept;
    /// Copies the waiters, in the order in which they joined.
    void copy_waiters(const Exchange& exchange, std::vector<Waiter>& into) const noexcept;
    /// From now on the exchange is found neither by its query nor by its age.
    void unlink(Exchange& exchange) noexcept;
    /// Frees an unlinked exchange and its waiters.
    void close(Exchange& exchange) noexcept;

    [[nodiscard]] std::uint32_t exchanges() const noexcept { return used_; }  // without probes
    [[nodiscard]] std::uint32_t waiters() const noexcept { return waiters_used_; }

private:
    struct WaiterNode {
        Waiter waiter = 0;
        std::uint32_t next = kNone;
    };

    Exchange* take_free(const Query& query) noexcept;
    [[nodiscard]] std::uint32_t& bucket(std::uint64_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }

    std::uint64_t seed_;
    ZoneCounts zones_;
    std::vector<Exchange> exchanges_;
    std::vector<std::uint32_t> buckets_;
    std::vector<WaiterNode> waiters_;
    std::uint32_t free_exchange_ = kNone;
    std::uint32_t free_waiter_ = kNone;
    std::uint32_t oldest_ = kNone;
    std::uint32_t newest_ = kNone;
    std::uint32_t used_ = 0;
    std::uint32_t waiters_used_ = 0;
};

}  // namespace cenote::upstream
