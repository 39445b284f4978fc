// SPDX-License-Identifier: Apache-2.0
//
// How much memory a connection, and all of them, may take: counted when it is allocated.
//
// Threads:  one.
// Memory:   none of its own; allocate() puts its size before each block.
// Failure:  take() and allocate() decline what would exceed the limit of this budget or of the one around it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cenote::quic {

class Budget {
public:
    /// `outer`: what is taken here counts there too; nullptr: none.
    Budget(std::size_t limit, Budget* outer) noexcept : limit_(limit), outer_(outer) {}
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    [[nodiscard]] bool take(std::size_t bytes) noexcept;
    void give(std::size_t bytes) noexcept;
    [[nodiscard]] std::size_t used() const noexcept { return used_; }
    [[nodiscard]] std::size_t limit() const noexcept { return limit_; }

private:
    std::size_t limit_;
    Budget* outer_;
    std::size_t used_ = 0;
};

/// As malloc(3), calloc(3), realloc(3) and free(3).
[[nodiscard]] void* allocate(Budget& budget, std::size_t size) noexcept;
[[nodiscard]] void* allocate_zeroed(Budget& budget, std::size_t count, std::size_t size) noexcept;
[[nodiscard]] void* reallocate(Budget& budget, void* block, std::size_t size) noexcept;
void release(Budget& budget, void* block) noexcept;

}  // namespace cenote::quic
