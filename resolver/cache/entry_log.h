// SPDX-License-Identifier: Apache-2.0
//
// A ring of entries of any size, one behind the other: written at the head, evicted at the tail.
//
// Positions count units since the start and only grow. No entry is cut by the end of memory: a filler takes the rest.
//
// Threads:  the thread that holds the mutex of the shard.
// Memory:   the caller's and nothing else; there is no fragmentation to speak of.
// Failure:  none; the caller of append() has made sure with fits() that there is room.
#pragma once

#include "resolver/cache/entry.h"

namespace cenote::cache {

class EntryLog {
public:
    explicit EntryLog(MutableBytes memory) noexcept
        : memory_(memory.data()), capacity_(static_cast<std::uint32_t>(memory.size() / kUnit)) {}

    [[nodiscard]] std::uint32_t capacity() const noexcept { return capacity_; }  // in units
    [[nodiscard]] bool empty() const noexcept { return head_ == tail_; }
    [[nodiscard]] bool fits(std::uint32_t units) const noexcept;
    /// Makes room for an entry at the head; the caller fills all fields but `units`.
    Entry& append(std::uint32_t units) noexcept;

    [[nodiscard]] Entry& tail_entry() noexcept { return entry_at(tail_); }
    void drop_tail() noexcept { tail_ += tail_entry().units; }
    /// Moves the entry at the tail to the head, where it always fits, and returns its new place.
    Entry& recycle_tail() noexcept;

    [[nodiscard]] std::uint64_t head() const noexcept { return head_; }
    [[nodiscard]] std::uint64_t tail() const noexcept { return tail_; }
    [[nodiscard]] Entry& entry_at(std::uint64_t position) noexcept {
        return *reinterpret_cast<Entry*>(memory_ + position % capacity_ * kUnit);
    }

private:
    [[nodiscard]] std::uint32_t left_before_end() const noexcept {
        return capacity_ - static_cast<std::uint32_t>(head_ % capacity_);
    }
    void fill_to_end() noexcept;

    std::uint8_t* memory_;
    std::uint32_t capacity_;
    std::uint64_t head_ = 0;
    std::uint64_t tail_ = 0;
};

}  // namespace cenote::cache
