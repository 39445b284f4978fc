// SPDX-License-Identifier: Apache-2.0
//
// Regions of whole pages for the sessions of a thread. A session uses most of its memory for moments: the pages of a
// region can be given back to the system while the session keeps the region. Private to http.
//
// Threads:  one.
// Memory:   kRegion for each session, of which the system provides the pages that are in use.
// Failure:  nullptr from take(): the system has no memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace cenote::http {

class PagePool {
public:
    static constexpr std::size_t kPage = 4096;
    static constexpr std::size_t kRegion = 6 * kPage;

    PagePool() = default;
    ~PagePool();
    PagePool(const PagePool&) = delete;
    PagePool& operator=(const PagePool&) = delete;

    /// The content is anything.
    [[nodiscard]] std::uint8_t* take() noexcept;
    void give_back(std::uint8_t* region) noexcept;
    /// Gives whole pages of a region back to the system; they read as zeros from now on.
    static void drop(std::uint8_t* pages, std::size_t size) noexcept;

private:
    static constexpr std::size_t kRegionsAtOnce = 64;
    static constexpr std::size_t kKept = 64;  // free regions that keep their pages

    std::vector<std::uint8_t*> mappings_;
    std::vector<std::uint8_t*> free_;
};

}  // namespace cenote::http
