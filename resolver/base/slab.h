// SPDX-License-Identifier: Apache-2.0
//
// A fixed number of slots with handles that become invalid when the slot is given back.
//
// Threads:  one thread.
// Memory:   allocated once; take() and give_back() never allocate.
// Failure:  take() returns an invalid handle when the slab is full; find() returns nullptr for a handle given back.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/check.h"

namespace cenote {

struct SlabHandle {
    std::uint32_t slot = 0xffffffff;
    std::uint32_t generation = 0;

    [[nodiscard]] bool valid() const noexcept { return slot != 0xffffffff; }
    friend bool operator==(const SlabHandle&, const SlabHandle&) noexcept = default;
};

template <typename T>
class Slab {
public:
    explicit Slab(std::uint32_t capacity) : slots_(capacity) {
        for (std::uint32_t i = 0; i < capacity; ++i) slots_[i].next_free = i + 1;
    }
    Slab(const Slab&) = delete;
    Slab& operator=(const Slab&) = delete;

    [[nodiscard]] std::uint32_t capacity() const noexcept { return static_cast<std::uint32_t>(slots_.size()); }
    [[nodiscard]] std::uint32_t used() const noexcept { return used_; }

    /// A slot with the content that its last user left, so that buffers in it are reused.
    SlabHandle take() noexcept {
        if (free_ == slots_.size()) return {};
        const std::uint32_t index = free_;
        Slot& slot = slots_[index];
        free_ = slot.next_free;
        ++slot.generation;  // odd: in use
        ++used_;
        return {index, slot.generation};
    }

    void give_back(SlabHandle handle) noexcept {
        if (find(handle) == nullptr) return;
        Slot& slot = slots_[handle.slot];
        ++slot.generation;
        slot.next_free = free_;
        free_ = handle.slot;
        --used_;
    }

    [[nodiscard]] T* find(SlabHandle handle) noexcept {
        if (handle.slot >= slots_.size()) return nullptr;
        Slot& slot = slots_[handle.slot];
        return slot.generation == handle.generation && (slot.generation & 1U) != 0 ? &slot.value : nullptr;
    }

    /// The slot of a handle that is known to be in use.
    [[nodiscard]] T& at(SlabHandle handle) noexcept {
        T* value = find(handle);
        CENOTE_CHECK(value != nullptr);
        return *value;
    }

private:
    struct Slot {
        T value{};
        std::uint32_t generation = 0;
        std::uint32_t next_free = 0;
    };

    std::vector<Slot> slots_;
    std::uint32_t free_ = 0;
    std::uint32_t used_ = 0;
};

}  // namespace cenote
