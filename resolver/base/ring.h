// SPDX-License-Identifier: Apache-2.0
//
// A bounded queue without a lock, from one writer thread to one reader thread.
//
// Threads:  push(), slot() and publish() by the writer, pop() by the reader.
// Memory:   fixed at construction; the capacity is rounded up to a power of two.
// Failure:  push() into a full ring returns false, slot() nullptr; the writer counts it.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

namespace cenote {

template <typename T>
class Ring {
    static_assert(std::is_trivially_copyable_v<T>);

public:
    explicit Ring(std::size_t capacity) : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}
    Ring(const Ring&) = delete;
    Ring& operator=(const Ring&) = delete;

    bool push(const T& value) noexcept {
        T* const free = slot();
        if (free == nullptr) return false;
        *free = value;
        publish();
        return true;
    }

    /// Where the next value goes, for the writer to make it in place: publish() hands it to the reader. nullptr: the
    /// ring is full.
    [[nodiscard]] T* slot() noexcept {
        const auto head = head_.load(std::memory_order_relaxed);
        if (head - tail_seen_ > mask_) {
            tail_seen_ = tail_.load(std::memory_order_acquire);
            if (head - tail_seen_ > mask_) return nullptr;
        }
        return &slots_[head & mask_];
    }
    void publish() noexcept { head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

    /// The slot keeps nothing of the value.
    bool pop(T& value) noexcept {
        const auto tail = tail_.load(std::memory_order_relaxed);
        if (tail == head_.load(std::memory_order_acquire)) return false;
        value = std::exchange(slots_[tail & mask_], T{});
        tail_.store(tail + 1, std::memory_order_release);
        return true;
    }

private:
    std::vector<T> slots_;
    std::size_t mask_;
    alignas(64) std::atomic<std::size_t> head_{0};
    std::size_t tail_seen_ = 0;  // used by the writer only
    alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace cenote
