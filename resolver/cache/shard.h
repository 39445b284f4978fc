// SPDX-License-Identifier: Apache-2.0
//
// One part of the cache: a log of entries, the index over it, and the failures beside them.
//
// The log is a clock: a new entry is written at the head; room is made at the tail, where an entry that was used since
// it last stood there moves to the head once more for each use, and any other is given up.
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

    Hit lookup(std::uint32_t tag, const wire::Question& question, Ticks now, wire::ReplyBuffer& reply,
               Links& links) noexcept;
    void store(std::uint32_t tag, const wire::Question& question, ByteView answer, const wire::AnswerShape& shape,
               const Links& links, Ticks now) noexcept;
    void store_failure(std::uint32_t tag, const wire::Question& question, wire::EdeCode code, Ticks now) noexcept;
    void update_links(std::uint32_t tag, const wire::Question& question, const Links& links) noexcept;
    void set_limits(const Limits& limits) noexcept { limits_ = limits; }

    /// Erases in one slice of the log, from `position` on, and moves `position` behind it; false: the end was reached.
    [[nodiscard]] bool erase_slice(const wire::Name& name, bool below, std::uint64_t& position,
                                   std::uint64_t& erased) noexcept;
    void erase_failures(const wire::Name& name, bool below) noexcept { failures_.erase(name, below); }
    void add_to(Stats& stats) const noexcept;

    std::mutex mutex;

private:
    [[nodiscard]] Entry* find(std::uint32_t tag, const wire::Question& question) noexcept;
    [[nodiscard]] std::uint32_t clamped_ttl(const wire::AnswerShape& shape) const noexcept;
    [[nodiscard]] Entry& place(std::uint32_t tag, const wire::Question& question, std::uint32_t units,
                               Ticks now) noexcept;
    void make_room(std::uint32_t units, Ticks now) noexcept;
    void remove(Entry& entry) noexcept;
    [[nodiscard]] bool is_over(const Entry& entry, Ticks now) const noexcept;

    Index index_;
    Failures failures_;
    EntryLog log_;
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
