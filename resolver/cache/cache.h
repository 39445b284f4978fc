// SPDX-License-Identifier: Apache-2.0
//
// Answers ready to send, kept in wire form until their TTL runs out.
//
// No verdict is ever kept: an entry carries what its answer reveals (Links), and the engine judges that for each
// client, at every hit.
//
// Threads:  lookup(), store() and store_failure() by any worker, any time; a busy shard makes lookup() miss and
//           store() decline, never wait, and is counted. erase(), clear() and stats() by any thread; they may wait.
// Time:     the caller passes now; nothing here reads a clock.
// Memory:   fixed by Options::bytes_max (at least 64 KiB), mapped at start; lookup() and store() never allocate. An
//           answer of more than 1 % of the budget is declined. Eviction prefers what was not used since it last looked.
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

/// What an answer reveals, as tag-sets (one for each set in the policy's row) and the generation of those sets.
/// `incomplete`: it reveals more than kLinksMax. `to_local`: its chain of CNAMEs leads to a local name.
struct Links {
    static constexpr std::size_t kLinksMax = wire::AnswerShape::kLinksMax;
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
    Stale,    // past its TTL but within Options::stale; to be used only when upstream fails or is slow (RFC 8767)
    Failure,  // upstream failed for this question a moment ago (RFC 9520)
};

struct Hit {
    Freshness freshness = Freshness::None;
    bool negative = false;  // NXDOMAIN or NODATA
    bool nxdomain = false;
    bool expiring = false;  // less than a tenth of its life is left: worth fetching anew
    bool failing = false;   // of a Stale: upstream failed a moment ago (RFC 9520), so it may serve without asking
    wire::EdeCode failure_code{};  // of a Failure: what was wrong then
    std::uint32_t age_s = 0;
};

struct Stats {
    std::uint64_t entries = 0;
    std::uint64_t bytes_used = 0;
    std::uint64_t bytes_max = 0;
    std::uint64_t hits = 0;    // fresh ones
    std::uint64_t misses = 0;  // all other lookups, deferred ones not counted
    std::uint64_t stores = 0;
    std::uint64_t evictions = 0;
    std::uint64_t declined = 0;  // too large, no TTL
    std::uint64_t deferred = 0;  // a busy shard
};

class Cache {
public:
    explicit Cache(const Options& options);
    ~Cache();
    Cache(const Cache&) = delete;
    Cache& operator=(const Cache&) = delete;

    /// What lookup() will read, asked of memory ahead of it: first the place in the index, then, once that came, the
    /// entry. They change nothing and wait for nobody.
    [[nodiscard]] std::uint64_t prefetch_index(const Key& key) const noexcept;
    void prefetch_entry(std::uint64_t hash) const noexcept;

    /// On Fresh and Stale: the distilled answer is copied to reply.space with TTLs aged (Fresh: what is left, stale:
    /// 30 s, RFC 8767 §4), reply.size is set, `links` is filled; the caller finishes it (wire::finish_answer). An
    /// answer larger than reply.space is a miss. On Failure nothing is copied.
    Hit lookup(const Key& key, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept;

    /// Keeps a distilled answer. The TTL is clamped once, here, and never extended by use. A store
    /// replaces what was kept before. An answer that may not be kept (TTL 0, a denial without SOA, too large) leaves
    /// the older one its TTL and ends its stale life: a newer NOERROR or NXDOMAIN has refreshed it (RFC 8767 §4).
    void store(const Key& key, ByteView answer, const wire::AnswerShape& shape, const Links& links, Ticks now) noexcept;
    /// Remembers that upstream failed; an entry that may still serve stale stays beside it (lookup() then gives Stale).
    void store_failure(const Key& key, wire::EdeCode code, Ticks now) noexcept;
    /// The links of an entry worked out anew for a later generation of the sets.
    void update_links(const Key& key, const Links& links) noexcept;

    /// Takes new TTL limits; bytes_max and shards keep the values of the start.
    void set_limits(const Options& options) noexcept;
    /// Removes the name, with `below` all names below it too; gives how many entries went.
    std::uint64_t erase(const wire::Name& name, bool below);
    std::uint64_t clear();
    [[nodiscard]] Stats stats() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace cenote::cache
