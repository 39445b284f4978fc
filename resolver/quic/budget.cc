// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/budget.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "resolver/base/check.h"

namespace cenote::quic {
namespace {

/// In front of each block, so that it stays aligned for everything.
struct alignas(std::max_align_t) Head {
    std::size_t size;  // with this head
};

Head* head_of(void* block) noexcept { return static_cast<Head*>(block) - 1; }

}  // namespace

bool Budget::take(std::size_t bytes) noexcept {
    if (bytes > limit_ - used_ || (outer_ != nullptr && !outer_->take(bytes))) return false;
    used_ += bytes;
    return true;
}

void Budget::give(std::size_t bytes) noexcept {
    CENOTE_CHECK(bytes <= used_);
    used_ -= bytes;
    if (outer_ != nullptr) outer_->give(bytes);
}

void* allocate(Budget& budget, std::size_t size) noexcept {
    const std::size_t whole = size + sizeof(Head);
    if (whole < size || !budget.take(whole)) return nullptr;
    void* const memory = std::malloc(whole);
    if (memory == nullptr) {
        budget.give(whole);
        return nullptr;
    }
    Head* const head = static_cast<Head*>(memory);
    head->size = whole;
    return head + 1;
}

void* allocate_zeroed(Budget& budget, std::size_t count, std::size_t size) noexcept {
    if (size != 0 && count > SIZE_MAX / size) return nullptr;
    void* const block = allocate(budget, count * size);
    if (block != nullptr) std::memset(block, 0, count * size);
    return block;
}

void* reallocate(Budget& budget, void* block, std::size_t size) noexcept {
    if (block == nullptr) return allocate(budget, size);
    void* const other = allocate(budget, size);
    if (other == nullptr) return nullptr;
    std::memcpy(other, block, std::min(size, head_of(block)->size - sizeof(Head)));
    release(budget, block);
    return other;
}

void release(Budget& budget, void* block) noexcept {
    if (block == nullptr) return;
    Head* const head = head_of(block);
    budget.give(head->size);
    std::free(head);
}

}  // namespace cenote::quic
