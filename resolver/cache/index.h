// SPDX-License-Identifier: Apache-2.0
//
// The places of the entries of a shard: open addressing, eight bytes a slot, removal by moving later slots back.
//
// The fingerprint is the only part of the hash that is kept, and it gives the home slot, so that slots move without a
// look at their entries.
//
// Threads:  the thread that holds the mutex of the shard. Any thread may call prefetch() and guess(): slots are read
// and
//           written whole.
// Memory:   the caller's, zeroed.
// Failure:  none; the owner keeps an eighth of the slots empty.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace cenote::cache {

class Index {
public:
    struct alignas(8) Slot {
        std::uint32_t fingerprint;
        std::uint32_t place;  // location + 1; 0: empty
    };
    static constexpr std::uint32_t kNowhere = 0xffffffff;

    explicit Index(std::span<Slot> slots) noexcept : slots_(slots) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// The location with this fingerprint for which `is_it` holds, or kNowhere.
    template <typename Predicate>
    [[nodiscard]] std::uint32_t find(std::uint32_t fingerprint, Predicate is_it) const noexcept {
        auto i = home(fingerprint);
        for (Slot slot = at(i); slot.place != 0; slot = at(i = next(i))) {
            if (slot.fingerprint == fingerprint && is_it(slot.place - 1)) return slot.place - 1;
        }
        return kNowhere;
    }
    /// Prefetches the slots where the search begins.
    void prefetch(std::uint32_t fingerprint) const noexcept { __builtin_prefetch(&slots_[home(fingerprint)]); }
    /// The most likely location for the fingerprint; without the mutex it may be out of date.
    [[nodiscard]] std::uint32_t guess(std::uint32_t fingerprint) const noexcept {
        return find(fingerprint, [](std::uint32_t) { return true; });
    }
    void insert(std::uint32_t fingerprint, std::uint32_t location) noexcept;
    void relocate(std::uint32_t fingerprint, std::uint32_t from, std::uint32_t to) noexcept;
    void erase(std::uint32_t fingerprint, std::uint32_t location) noexcept;

private:
    [[nodiscard]] std::size_t home(std::uint32_t fingerprint) const noexcept {
        return (fingerprint * slots_.size()) >> 32;
    }
    [[nodiscard]] std::size_t next(std::size_t i) const noexcept { return i + 1 == slots_.size() ? 0 : i + 1; }
    [[nodiscard]] std::size_t slot_of(std::uint32_t fingerprint, std::uint32_t location) const noexcept;

    [[nodiscard]] Slot at(std::size_t i) const noexcept {
        return std::atomic_ref(slots_[i]).load(std::memory_order_relaxed);
    }
    void put(std::size_t i, Slot slot) noexcept { std::atomic_ref(slots_[i]).store(slot, std::memory_order_relaxed); }

    std::span<Slot> slots_;
    std::size_t size_ = 0;
};

}  // namespace cenote::cache
