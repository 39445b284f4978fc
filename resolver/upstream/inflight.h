// SPDX-License-Identifier: Apache-2.0
//
// What is being asked upstream now, and who waits for it: equal questions share one exchange.
//
// Threads:  one thread. Data plane.
// Time:     none; exchanges stand in the order in which they began, which joining does not change.
// Memory:   grow() allocates, nothing else. References stay valid until the next grow().
// Failure:  open() and join() tell when a limit is reached.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/upstream/upstream.h"

namespace cenote::upstream {

inline constexpr std::uint32_t kNone = 0xffffffff;
inline constexpr std::uint8_t kAttemptsMax = 8;

/// Names an attempt of an exchange, also when the exchange is gone.
struct AttemptRef {
    std::uint32_t exchange = kNone;
    std::uint32_t generation = 0;
    std::uint8_t attempt = 0;
    friend bool operator==(const AttemptRef&, const AttemptRef&) noexcept = default;
};

/// One query on its way to one server.
struct Attempt {
    enum class Via : std::uint8_t { Udp, Stream };

    std::uint32_t slot = kNone;  // of the socket, over UDP
    std::uint8_t position = 0;   // of the server in Exchange::servers
    Via via = Via::Udp;
    bool live = false;  // an answer may still come
    bool edns = false;
    bool mixed_case = false;
    bool in_addition = false;  // a stream beside a live UDP query
    bool lost = false;         // its silence was held against the server
    bool refused = false;      // the network said that nobody is there
    Ticks sent_at{};
};

struct Exchange {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    Query query;
    bool probe = false;  // nobody waits
    bool ending = false;
    bool delayed_told = false;
    bool stream_asked = false;    // beside UDP, after a suspicious datagram
    bool stream_renewed = false;  // a query of a dead connection was sent again
    bool edns_refused = false;
    bool no_socket = false;
    bool has_failure = false;

    std::uint8_t attempt_count = 0;  // packets and streams sent
    std::uint8_t server_count = 0;
    std::uint8_t cursor = 0;  // into servers: the next to ask
    std::uint8_t failed = 0;  // bit i: servers[i] gave no useful answer or cannot be reached
    std::array<Attempt, kAttemptsMax> attempts;
    std::array<std::uint16_t, kAttemptsMax> servers;  // best first
    wire::AnswerShape failure;

    Ticks started_at{};
    Ticks stale_at{};
    Ticks deadline{};
    Ticks retry_at{};

    // Of Inflight.
    std::uint64_t hash = 0;
    std::uint32_t next_in_bucket = kNone;
    std::uint32_t older = kNone;
    std::uint32_t newer = kNone;  // of a free one: the next free
    std::uint32_t first_waiter = kNone;
    std::uint32_t waiter_count = 0;

    [[nodiscard]] bool any_live() const noexcept {
        return std::any_of(attempts.begin(), attempts.begin() + attempt_count,
                           [](const Attempt& attempt) { return attempt.live; });
    }
};

class Inflight {
public:
    explicit Inflight(std::uint64_t seed) noexcept : seed_(seed) {}

    /// Room for that many; never shrinks. Control plane.
    void grow(std::uint32_t exchanges, std::uint32_t waiters);

    [[nodiscard]] Exchange* find(const Query& query) noexcept;
    [[nodiscard]] Exchange* find(const AttemptRef& ref) noexcept;
    [[nodiscard]] Exchange& at(std::uint32_t index) noexcept { return exchanges_[index]; }
    /// The one that began first, nullptr when there is none.
    [[nodiscard]] Exchange* oldest() noexcept { return oldest_ == kNone ? nullptr : &exchanges_[oldest_]; }

    /// A new exchange without waiters; nullptr when there is no room. A probe cannot be found by its question and is
    /// never the oldest.
    Exchange* open(const Query& query, bool probe) noexcept;
    /// False when there is no room.
    bool join(Exchange& exchange, Waiter waiter) noexcept;
    /// The waiters in the order in which they came.
    void copy_waiters(const Exchange& exchange, std::vector<Waiter>& into) const noexcept;
    /// Takes it out of sight: from now on it is found neither by question nor by age.
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

    [[nodiscard]] std::uint64_t hash_of(const Query& query) const noexcept;
    [[nodiscard]] std::uint32_t& bucket(std::uint64_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }

    std::uint64_t seed_;
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
