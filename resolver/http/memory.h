// SPDX-License-Identifier: Apache-2.0
//
// What a session allocates, up to a limit: the allocator that nghttp2 is given, and large bodies. Private to http.
//
// The two large pieces that nghttp2 has for as long as a session lives are on pages of their own, where there is a
// PagePool: the buffer in which it writes frames, and the table of open streams. An idle session uses neither.
//
// Threads:  one.
// Memory:   16 bytes for each other piece.
// Failure:  nullptr at the limit, as from malloc().
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>

#include "resolver/http/page_pool.h"

namespace cenote::http {

class Memory {
public:
    /// `pages` must outlive it.
    explicit Memory(std::size_t limit, PagePool* pages = nullptr) noexcept;
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    [[nodiscard]] nghttp2_mem* for_nghttp2() noexcept { return &functions_; }
    [[nodiscard]] void* take(std::size_t size) noexcept;
    void give_back(void* piece) noexcept;
    /// Gives back the pages that hold nothing: no stream is open, and all frames have been taken from nghttp2.
    void rest() noexcept;
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    /// The limit has been reached once.
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

private:
    // As nghttp2 asks for them; where it asks for others, these are pieces like all.
    static constexpr std::size_t kFrames = 9 + 1 + 16384;  // a frame of the size that every peer takes (RFC 9113 §4.2)
    static constexpr std::size_t kTable = PagePool::kPage;
    static constexpr std::size_t kTableAt = PagePool::kRegion - kTable;
    static_assert(kFrames <= kTableAt);

    [[nodiscard]] void* place(std::size_t size) noexcept;
    [[nodiscard]] std::size_t size_of(void* piece) const noexcept;
    [[nodiscard]] bool is_placed(const void* piece) const noexcept {
        return region_ != nullptr && (piece == region_ || piece == region_ + kTableAt);
    }
    static void* on_malloc(std::size_t size, void* memory) noexcept;
    static void on_free(void* piece, void* memory) noexcept;
    static void* on_calloc(std::size_t count, std::size_t size, void* memory) noexcept;
    static void* on_realloc(void* piece, std::size_t size, void* memory) noexcept;

    PagePool* pages_;
    std::uint8_t* region_ = nullptr;  // of the pool: frames from its first byte on, the table in its last page
    bool has_frames_ = false;
    bool has_table_ = false;
    std::size_t limit_;
    std::size_t used_ = 0;
    bool exhausted_ = false;
    nghttp2_mem functions_;
};

}  // namespace cenote::http
