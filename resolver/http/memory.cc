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

Memory::Memory(std::size_t limit, PagePool* pages) noexcept
    : pages_(pages), limit_(limit), functions_{this, on_malloc, on_free, on_calloc, on_realloc} {}

Memory::~Memory() {
    if (region_ != nullptr) pages_->give_back(region_);
}

void* Memory::take(std::size_t size) noexcept {
    if (size > limit_ - used_) {
        exhausted_ = true;
        return nullptr;
    }
    void* piece = place(size);
    if (piece == nullptr) {
        auto* const head = static_cast<Head*>(std::malloc(sizeof(Head) + size));
        if (head == nullptr) return nullptr;
        head->size = size;
        piece = head + 1;
    }
    used_ += size;
    return piece;
}

/// nullptr: it is a piece like all.
void* Memory::place(std::size_t size) noexcept {
    const bool is_frames = size == kFrames && !has_frames_;
    const bool is_table = size == kTable && !has_table_;
    if (pages_ == nullptr || (!is_frames && !is_table)) return nullptr;
    if (region_ == nullptr) region_ = pages_->take();
    if (region_ == nullptr) return nullptr;
    (is_frames ? has_frames_ : has_table_) = true;
    return is_frames ? region_ : region_ + kTableAt;
}

std::size_t Memory::size_of(void* piece) const noexcept {
    if (!is_placed(piece)) return head_of(piece)->size;
    return piece == region_ ? kFrames : kTable;
}

void Memory::give_back(void* piece) noexcept {
    if (piece == nullptr) return;
    used_ -= size_of(piece);
    if (is_placed(piece))
        (piece == region_ ? has_frames_ : has_table_) = false;
    else
        std::free(head_of(piece));
}

void Memory::rest() noexcept {
    if (region_ == nullptr) return;
    if (has_frames_) PagePool::drop(region_, kTableAt);
    const std::uint8_t* const table = region_ + kTableAt;
    const bool is_clear = table[0] == 0 && std::memcmp(table, table + 1, kTable - 1) == 0;
    if (is_clear) PagePool::drop(region_ + kTableAt, kTable);
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
    std::memcpy(other, piece, std::min(size, self->size_of(piece)));
    self->give_back(piece);
    return other;
}

}  // namespace cenote::http
