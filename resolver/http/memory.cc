// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/memory.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace cenote::http {
namespace {

/// In front of each piece.
struct alignas(std::max_align_t) Head {
    std::size_t size;
};

Head* head_of(void* piece) noexcept { return static_cast<Head*>(piece) - 1; }

}  // namespace

Memory::Memory(std::size_t limit) noexcept
    : limit_(limit), functions_{this, on_malloc, on_free, on_calloc, on_realloc} {}

void* Memory::take(std::size_t size) noexcept {
    if (size > limit_ - used_) {
        exhausted_ = true;
        return nullptr;
    }
    auto* const head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
    if (head == nullptr) return nullptr;
    head->size = size;
    used_ += size;
    return head + 1;
}

void Memory::give_back(void* piece) noexcept {
    if (piece == nullptr) return;
    used_ -= head_of(piece)->size;
    std::free(head_of(piece));
}

void* Memory::on_malloc(std::size_t size, void* memory) noexcept { return static_cast<Memory*>(memory)->take(size); }

void Memory::on_free(void* piece, void* memory) noexcept { static_cast<Memory*>(memory)->give_back(piece); }

void* Memory::on_calloc(std::size_t count, std::size_t size, void* memory) noexcept {
    if (size != 0 && count > SIZE_MAX / size) return nullptr;
    void* const piece = static_cast<Memory*>(memory)->take(count * size);
    if (piece != nullptr) std::memset(piece, 0, count * size);
    return piece;
}

void* Memory::on_realloc(void* piece, std::size_t size, void* memory) noexcept {
    auto* const self = static_cast<Memory*>(memory);
    void* const other = self->take(size);
    if (other == nullptr || piece == nullptr) return other;
    std::memcpy(other, piece, std::min(size, head_of(piece)->size));
    self->give_back(piece);
    return other;
}

}  // namespace cenote::http
