// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/page_pool.h"

#include <sys/mman.h>

namespace cenote::http {

PagePool::~PagePool() {
    for (std::uint8_t* const mapping : mappings_) ::munmap(mapping, kRegionsAtOnce * kRegion);
}

std::uint8_t* PagePool::take() noexcept {
    if (free_.empty()) {
        constexpr std::size_t kSize = kRegionsAtOnce * kRegion;
        void* const mapped = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mapped == MAP_FAILED) return nullptr;
        ::madvise(mapped, kSize, MADV_NOHUGEPAGE);  // a huge page would hold those that are not in use
        auto* const first = static_cast<std::uint8_t*>(mapped);
        mappings_.push_back(first);
        free_.reserve(mappings_.size() * kRegionsAtOnce);
        for (std::size_t i = kRegionsAtOnce; i > 0; --i) free_.push_back(first + (i - 1) * kRegion);
    }
    std::uint8_t* const region = free_.back();
    free_.pop_back();
    return region;
}

void PagePool::give_back(std::uint8_t* region) noexcept {
    if (free_.size() >= kKept) drop(region, kRegion);
    free_.push_back(region);
}

void PagePool::drop(std::uint8_t* pages, std::size_t size) noexcept { ::madvise(pages, size, MADV_DONTNEED); }

}  // namespace cenote::http
