// SPDX-License-Identifier: Apache-2.0
//
// Answers ready to send, kept in wire format until their TTL runs out.
//
// No verdict is kept: an entry holds the links of its answer (Links), and the engine judges them at every hit, for
// each client.
//
// Threads:  lookup(), store() and store_failure() may be called by any worker at any time. They never wait: with a busy
//           shard lookup() misses and store() declines, which is counted. erase(), clear() and stats() may be called by
//           any thread, and wait for a busy shard.
// Time:     the caller passes now; nothing here reads a clock.
// Memory:   fixed by Options::bytes_max (at least 64 KiB), mapped at start; lookup() and store() never allocate. An
//           answer of more than 1 % of the budget is declined. Entries that were not used are evicted first (shard.h).
// Failure:  store() may decline (no TTL, too large, an rcode other than NOERROR and NXDOMAIN, busy); that is not an
//           error.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/cache/key.h"
#include "resolver/cache/options.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/reply.h"

namespace cenote::cache {

/// What an answer reveals, as source sets (one for each set in the policy's row), and the generation of those sets.
/// `incomplete`: there is more than kLinksMax. `to_local`: the chain of CNAMEs leads to a local name.
struct Links {
    static constexpr std::size_t kLinksMax = wire::AnswerInfo::kLinksMax;
    static constexpr std::size_t kSetsMax = 2;

    std::uint64_t generation = 0;
    std::uint8_t count = 0;
    bool incomplete = false;
    bool to_local = false;
    std::array<std::array<std::uint32_t, kSetsMax>, kLinksMax> tags{};
};

enum class Freshness : std::uint8_t {
    None,
    Fresh,
    Stale,    // past its TTL but within Options::stale; for use only when upstream fails or is slow (RFC 8767)
    Failure,  // upstream has failed for this key recently (RFC 9520)
};

struct Hit {
    Freshness freshness = Freshness::None;
    bool negative = false;  // NXDOMAIN or NODATA
    bool nxdomain = false;
    bool expiring = false;         // less than a tenth of its TTL is left: worth a refresh ahead
    bool failing = false;          // with Stale: upstream has failed recently (RFC 9520), the answer may serve at once
    wire::EdeCode failure_code{};  // with Failure: the error of that time
    std::uint32_t age_s = 0;
};

struct Stats {
    std::uint64_t entries = 0;
    std::uint64_t bytes_used = 0;
    std::uint64_t bytes_max = 0;
    std::uint64_t hits = 0;    // fresh answers
    std::uint64_t misses = 0;  // all other lookups but the deferred ones
    std::uint64_t stores = 0;
    std::uint64_t evictions = 0;
    std::uint64_t declined = 0;  // too large, no TTL
    std::uint64_t deferred = 0;  // calls that found a shard busy
};

class Cache {
public:
    explicit Cache(const Options& options);
    ~Cache();
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;

    /// Prefetch the memory that lookup() will read: first the place in the index, then, once that has arrived, the
    /// entry. They change nothing and take no lock.
    [[nodiscard]] std::uint64_t prefetch_index(const Key& key) const noexcept;
    void prefetch_entry(std::uint64_t hash) const noexcept;

    /// On Fresh and Stale the scrubbed answer is copied to reply.space, its TTLs aged (Stale: 30 s, RFC 8767 §4), and
    /// reply.size and `links` are set; the caller completes it (wire::finish_answer). An answer larger than reply.space
    /// is a miss. On Failure nothing is copied.
    Hit lookup(const Key& key, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept;

    /// Keeps a scrubbed answer in place of an older one. The TTL is clamped here, once, and never extended by use. An
    /// answer that may not be kept (TTL 0, negative without SOA, too large) leaves the older one its TTL but ends its
    /// time as stale data: a newer NOERROR or NXDOMAIN has refreshed it (RFC 8767 §4).
    void store(const Key& key, ByteView answer, const wire::AnswerInfo& shape, const Links& links, Ticks now) noexcept;
    /// Notes that upstream failed. An entry that may still serve as stale data stays, and lookup() gives Stale.
    void store_failure(const Key& key, wire::EdeCode code, Ticks now) noexcept;
    /// Replaces the links of an entry by those of a later generation of the sets.
    void update_links(const Key& key, const Links& links) noexcept;

    /// Applies new TTL limits; bytes_max and shards keep their values of the start.
    void set_limits(const Options& options) noexcept;
    /// Removes the entries of the name, and with `below` of all names below it; returns how many.
    std::uint64_t erase(const wire::Name& name, bool below);
    std::uint64_t clear();
    [[nodiscard]] Stats stats() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cenote::cache
