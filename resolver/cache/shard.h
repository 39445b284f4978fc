// SPDX-License-Identifier: Apache-2.0
//
// One part of the cache: entries in two logs, the index over them, and the failures beside them.
//
// A newcomer is written to a log of a tenth of the memory. If it was used when its turn to go comes, it moves to the
// main log, else it is given up: names asked once, a flood of random ones above all, never reach what people use. The
// main log is a clock: what was used since it last stood at the tail moves to the head once more for each use. (This is
// S3-FIFO, Yang et al., SOSP 2023, without its ghosts.)
//
// Threads:  one at a time; `mutex` is here so that whoever calls takes it.
// Memory:   what is given at construction, zeroed; nothing beside it.
// Failure:  store() declines what is larger than `entry_bytes_max` or has no TTL.
#pragma once

#include <mutex>

#include "resolver/cache/cache.h"
#include "resolver/cache/entry_log.h"
#include "resolver/cache/failures.h"
#include "resolver/cache/index.h"

namespace cenote::cache {

/// What a shard obeys while running.
struct Limits {
    seconds min_ttl, max_ttl, negative_max_ttl, stale, failure_ttl;
};

class alignas(64) Shard {
public:
    Shard(MutableBytes memory, std::size_t entry_bytes_max, const Limits& limits);

    Hit lookup(std::uint32_t fingerprint, const Key& key, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept;
    /// Asks memory for the place in the index, and, once that came, for the entry. Anyone, without the mutex.
    void prefetch_index(std::uint32_t fingerprint) const noexcept { index_.prefetch(fingerprint); }
    void prefetch_entry(std::uint32_t fingerprint) const noexcept;
    void store(std::uint32_t fingerprint, const Key& key, ByteView answer, const wire::AnswerShape& shape,
               const Links& links, Ticks now) noexcept;
    void store_failure(std::uint32_t fingerprint, const Key& key, wire::EdeCode code, Ticks now) noexcept;
    void update_links(std::uint32_t fingerprint, const Key& key, const Links& links) noexcept;
    void set_limits(const Limits& limits) noexcept { limits_ = limits; }

    /// How far a walk over all entries has come.
    struct Walk {
        bool in_main = false;
        std::uint64_t position = 0;
        std::uint64_t erased = 0;
    };
    /// Erases in the next slice of the walk; false: the walk is over.
    [[nodiscard]] bool erase_slice(const wire::Name& name, bool below, Walk& walk) noexcept;
    void erase_failures(const wire::Name& name, bool below) noexcept { failures_.erase(name, below); }
    void add_to(Stats& stats) const noexcept;

    std::mutex mutex;

private:
    [[nodiscard]] Entry* find(std::uint32_t fingerprint, const Key& key) noexcept;
    [[nodiscard]] std::uint32_t clamped_ttl(const wire::AnswerShape& shape) const noexcept;
    [[nodiscard]] Entry& place(std::uint32_t fingerprint, const Key& key, std::uint32_t units, Ticks now) noexcept;
    void free_newcomers(std::uint32_t units, Ticks now) noexcept;
    void free_main(std::uint32_t units, std::uint32_t& moved, Ticks now) noexcept;
    void evict_tail(EntryLog& log) noexcept;
    void remove(Entry& entry) noexcept;
    [[nodiscard]] bool is_over(const Entry& entry, Ticks now) const noexcept;
    [[nodiscard]] Entry& at(std::uint32_t location) noexcept;
    [[nodiscard]] std::uint32_t location_of(const Entry& entry) const noexcept;

    Index index_;
    Failures failures_;
    std::uint8_t* entries_;  // the memory of both logs, which locations count from
    EntryLog newcomers_;
    EntryLog main_;
    std::size_t fixed_bytes_;
    std::size_t entry_bytes_max_;
    Limits limits_;

    std::uint64_t live_units_ = 0;
    std::uint64_t hits_ = 0;
    std::uint64_t misses_ = 0;
    std::uint64_t stores_ = 0;
    std::uint64_t evictions_ = 0;
    std::uint64_t declined_ = 0;
};

}  // namespace cenote::cache
