// SPDX-License-Identifier: Apache-2.0
//
// One part of the cache: entries in two logs, the index over them, and the failures beside them.
//
// A new entry goes to a log of a tenth of the memory. At the tail of that log it moves to the main log if it was used,
// and is evicted if it was not: names that are asked for once, such as a flood of random ones, do not evict names in
// use. The main log is a clock: an entry at its tail moves to the head once for each use since it was last there, and
// is evicted otherwise. (This is S3-FIFO, Yang et al., SOSP 2023, without its ghost queue.)
//
// Threads:  one at a time: the caller holds `mutex`.
// Memory:   what the constructor is given, zeroed, and nothing else.
// Failure:  store() declines what is larger than `entry_bytes_max` or has no TTL.
#pragma once

#include "resolver/base/mutex.h"
#include "resolver/cache/cache.h"
#include "resolver/cache/entry_log.h"
#include "resolver/cache/failures.h"
#include "resolver/cache/index.h"

namespace cenote::cache {

/// The limits that may change while running.
struct Limits {
    seconds min_ttl, max_ttl, negative_max_ttl, stale, failure_ttl;
};

class alignas(64) Shard {
public:
    Shard(MutableBytes memory, std::size_t entry_bytes_max, const Limits& limits);

    Hit lookup(std::uint32_t fingerprint, const Key& key, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept
        CENOTE_REQUIRES(mutex);
    /// Prefetch the place in the index and, once that has arrived, the entry. Any thread, without the mutex: slots of
    /// the index are read whole.
    void prefetch_index(std::uint32_t fingerprint) const noexcept CENOTE_NO_THREAD_SAFETY_ANALYSIS {
        index_.prefetch(fingerprint);
    }
    void prefetch_entry(std::uint32_t fingerprint) const noexcept CENOTE_NO_THREAD_SAFETY_ANALYSIS;
    void store(std::uint32_t fingerprint, const Key& key, ByteView answer, const wire::AnswerInfo& shape,
               const Links& links, Ticks now) noexcept CENOTE_REQUIRES(mutex);
    void store_failure(std::uint32_t fingerprint, const Key& key, wire::EdeCode code, Ticks now) noexcept
        CENOTE_REQUIRES(mutex);
    void update_links(std::uint32_t fingerprint, const Key& key, const Links& links) noexcept CENOTE_REQUIRES(mutex);
    void set_limits(const Limits& limits) noexcept CENOTE_REQUIRES(mutex) { limits_ = limits; }

    /// The progress of a walk over all entries.
    struct Walk {
        bool in_main = false;
        std::uint64_t position = 0;
        std::uint64_t erased = 0;
    };
    /// Erases in the next slice of the walk; false at the end of the walk.
    [[nodiscard]] bool erase_slice(const wire::Name& name, bool below, Walk& walk) noexcept CENOTE_REQUIRES(mutex);
    void erase_failures(const wire::Name& name, bool below) noexcept CENOTE_REQUIRES(mutex) {
        failures_.erase(name, below);
    }
    void add_to(Stats& stats) const noexcept CENOTE_REQUIRES(mutex);

    Mutex mutex;

private:
    [[nodiscard]] Entry* find(std::uint32_t fingerprint, const Key& key) noexcept CENOTE_REQUIRES(mutex);
    [[nodiscard]] std::uint32_t clamped_ttl(const wire::AnswerInfo& shape) const noexcept CENOTE_REQUIRES(mutex);
    [[nodiscard]] Entry& place(std::uint32_t fingerprint, const Key& key, std::uint32_t units, Ticks now) noexcept
        CENOTE_REQUIRES(mutex);
    void free_newcomers(std::uint32_t units, Ticks now) noexcept CENOTE_REQUIRES(mutex);
    void free_main(std::uint32_t units, std::uint32_t& moved, Ticks now) noexcept CENOTE_REQUIRES(mutex);
    void evict_tail(EntryLog& log) noexcept CENOTE_REQUIRES(mutex);
    void remove(Entry& entry) noexcept CENOTE_REQUIRES(mutex);
    [[nodiscard]] bool is_over(const Entry& entry, Ticks now) const noexcept CENOTE_REQUIRES(mutex);
    [[nodiscard]] Entry& at(std::uint32_t location) noexcept CENOTE_REQUIRES(mutex);
    [[nodiscard]] std::uint32_t location_of(const Entry& entry) const noexcept CENOTE_REQUIRES(mutex);

    Index index_ CENOTE_GUARDED_BY(mutex);
    Failures failures_ CENOTE_GUARDED_BY(mutex);
    std::uint8_t* entries_;  // the memory of both logs; locations are offsets in it
    EntryLog newcomers_ CENOTE_GUARDED_BY(mutex);
    EntryLog main_ CENOTE_GUARDED_BY(mutex);
    std::size_t fixed_bytes_;
    std::size_t entry_bytes_max_;
    Limits limits_ CENOTE_GUARDED_BY(mutex);

    std::uint64_t live_units_ CENOTE_GUARDED_BY(mutex) = 0;
    std::uint64_t hits_ CENOTE_GUARDED_BY(mutex) = 0;
    std::uint64_t misses_ CENOTE_GUARDED_BY(mutex) = 0;
    std::uint64_t stores_ CENOTE_GUARDED_BY(mutex) = 0;
    std::uint64_t evictions_ CENOTE_GUARDED_BY(mutex) = 0;
    std::uint64_t declined_ CENOTE_GUARDED_BY(mutex) = 0;
};

}  // namespace cenote::cache
