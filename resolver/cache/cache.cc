// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/cache.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <new>

#include "resolver/base/check.h"
#include "resolver/base/hash.h"
#include "resolver/base/random.h"
#include "resolver/cache/shard.h"

namespace cenote::cache {
namespace {

constexpr std::uint64_t kBytesLeast = 64 << 10;        // of the whole cache
constexpr std::uint64_t kShardBytesLeast = 512 << 10;  // a small cache has fewer shards

/// Ends the process as operator new does.
[[noreturn]] void no_memory() {
    if (const auto handler = std::get_new_handler()) handler();
    std::abort();
}

/// Zeroed pages, which take no memory until they are used.
class Pages {
public:
    explicit Pages(std::size_t size) : size_(size) {
        void* start = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) no_memory();
        start_ = static_cast<std::uint8_t*>(start);
        // Lookups are spread over all of it: large pages need fewer TLB entries. Without them the call fails,
        // harmlessly.
        static_cast<void>(madvise(start, size, MADV_HUGEPAGE));
    }
    ~Pages() { munmap(start_, size_); }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;

    [[nodiscard]] MutableBytes bytes() const noexcept { return {start_, size_}; }

private:
    std::uint8_t* start_ = nullptr;
    std::size_t size_;
};

std::uint32_t shard_count(const Options& options, std::uint64_t bytes) {
    const auto wanted = std::bit_floor(std::clamp<std::uint32_t>(options.shards, 1, 256));
    const auto possible = std::max<std::uint64_t>(std::bit_floor(bytes / kShardBytesLeast), 1);
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, possible));
}

Limits limits_of(const Options& options) noexcept {
    return {options.min_ttl, options.max_ttl, options.negative_max_ttl, options.stale, options.failure_ttl};
}

}  // namespace

struct Cache::State {
    explicit State(const Options& options)
        : bytes_max(std::max(options.bytes_max, kBytesLeast)), pages(bytes_max), seed(random_u64()) {
        const auto count = shard_count(options, bytes_max);
        const auto share = bytes_max / count;
        const auto usable = (share - sizeof(Shard)) & ~std::size_t{63};
        for (std::size_t i = 0; i < count; ++i)
            shards.emplace_back(pages.bytes().subspan(i * usable, usable), bytes_max / 100, limits_of(options));
    }

    [[nodiscard]] std::uint64_t hash(const Key& key) const noexcept {
        const auto rest = (static_cast<std::uint64_t>(key.type) << 32) |
                          (static_cast<std::uint64_t>(key.rr_class) << 16) | (key.dnssec_ok ? 2U : 0U) |
                          (key.checking_disabled ? 1U : 0U);
        return hash64(key.name.wire(), seed ^ rest);
    }
    /// The upper half of the hash picks the shard, the lower half is the fingerprint inside it.
    [[nodiscard]] Shard& shard_of(std::uint64_t hash) noexcept { return shards[(hash >> 32) & (shards.size() - 1)]; }

    /// Runs `action` with the question's shard and fingerprint, unless another thread is in that shard.
    template <typename Action>
    void try_with_shard(const Key& key, Action action) noexcept {
        const auto hashed = hash(key);
        Shard& shard = shard_of(hashed);
        if (!shard.mutex.try_lock()) {
            deferred.fetch_add(1, std::memory_order_relaxed);
            return;
        }
        const MutexLock lock(shard.mutex, std::adopt_lock);
        action(shard, static_cast<std::uint32_t>(hashed));
    }

    std::uint64_t bytes_max;
    Pages pages;
    std::uint64_t seed;
    std::deque<Shard> shards;
    alignas(64) std::atomic<std::uint64_t> deferred{0};
};

Cache::Cache(const Options& options) : state_(std::make_unique<State>(options)) {}
Cache::~Cache() = default;

std::uint64_t Cache::prefetch_index(const Key& key) const noexcept {
    const std::uint64_t hash = state_->hash(key);
    state_->shard_of(hash).prefetch_index(static_cast<std::uint32_t>(hash));
    return hash;
}

void Cache::prefetch_entry(std::uint64_t hash) const noexcept {
    state_->shard_of(hash).prefetch_entry(static_cast<std::uint32_t>(hash));
}

Hit Cache::lookup(const Key& key, Ticks now, wire::ReplyBuffer& reply, Links& links) noexcept {
    Hit hit;
    state_->try_with_shard(key, [&](Shard& shard, std::uint32_t fingerprint) {
        shard.mutex.assert_held();
        hit = shard.lookup(fingerprint, key, now, reply, links);
    });
    return hit;
}

void Cache::store(const Key& key, ByteView answer, const wire::AnswerInfo& shape, const Links& links,
                  Ticks now) noexcept {
    state_->try_with_shard(key, [&](Shard& shard, std::uint32_t fingerprint) {
        shard.mutex.assert_held();
        shard.store(fingerprint, key, answer, shape, links, now);
    });
}

void Cache::store_failure(const Key& key, wire::EdeCode code, Ticks now) noexcept {
    state_->try_with_shard(key, [&](Shard& shard, std::uint32_t fingerprint) {
        shard.mutex.assert_held();
        shard.store_failure(fingerprint, key, code, now);
    });
}

void Cache::update_links(const Key& key, const Links& links) noexcept {
    state_->try_with_shard(key, [&](Shard& shard, std::uint32_t fingerprint) {
        shard.mutex.assert_held();
        shard.update_links(fingerprint, key, links);
    });
}

void Cache::set_limits(const Options& options) noexcept {
    const auto limits = limits_of(options);
    for (Shard& shard : state_->shards) {
        const MutexLock lock(shard.mutex);
        shard.set_limits(limits);
    }
}

// The mutex is released after each slice, so that lookups miss for some microseconds only.
std::uint64_t Cache::erase(const wire::Name& name, bool below) {
    std::uint64_t erased = 0;
    for (Shard& shard : state_->shards) {
        Shard::Walk walk;
        for (bool more = true; more;) {
            const MutexLock lock(shard.mutex);
            more = shard.erase_slice(name, below, walk);
            if (!more) shard.erase_failures(name, below);
        }
        erased += walk.erased;
    }
    return erased;
}

std::uint64_t Cache::clear() { return erase(wire::Name(), true); }

Stats Cache::stats() const {
    Stats stats;
    stats.bytes_max = state_->bytes_max;
    stats.deferred = state_->deferred.load(std::memory_order_relaxed);
    for (Shard& shard : state_->shards) {
        const MutexLock lock(shard.mutex);
        shard.add_to(stats);
    }
    return stats;
}

}  // namespace cenote::cache
