// SPDX-License-Identifier: Apache-2.0
//
// What a session allocates, up to a limit: the allocator that nghttp2 is given, and large bodies. Private to http.
//
// Threads:  one.
// Memory:   16 bytes for each piece.
// Failure:  nullptr at the limit, as from malloc().
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstddef>

namespace cenote::http {

class Memory {
public:
    explicit Memory(std::size_t limit) noexcept;
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    [[nodiscard]] nghttp2_mem* for_nghttp2() noexcept { return &functions_; }
    [[nodiscard]] void* take(std::size_t size) noexcept;
    void give_back(void* piece) noexcept;
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    /// The limit has been reached once.
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

private:
    static void* on_malloc(std::size_t size, void* memory) noexcept;
    static void on_free(void* piece, void* memory) noexcept;
    static void* on_calloc(std::size_t count, std::size_t size, void* memory) noexcept;
    static void* on_realloc(void* piece, std::size_t size, void* memory) noexcept;

    std::size_t limit_;
    std::size_t used_ = 0;
    bool exhausted_ = false;
    nghttp2_mem functions_;
};

}  // namespace cenote::http
