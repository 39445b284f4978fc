// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/memory.h"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace cenote::http {
namespace {

constexpr std::size_t kLimit = 1 << 20;
constexpr std::size_t kFrames = 16394;  // as nghttp2 asks for its buffer of frames
constexpr std::size_t kTable = PagePool::kPage;

bool is_resident(void* page) {
    unsigned char found = 0;
    EXPECT_EQ(::mincore(page, PagePool::kPage, &found), 0);
    return (found & 1) != 0;
}

std::span<std::uint8_t> bytes_at(void* piece, std::size_t size) { return {static_cast<std::uint8_t*>(piece), size}; }

TEST(MemoryTest, EachPieceCounts) {
    PagePool pool;
    Memory memory(kLimit, &pool);
    std::array<void*, 4> pieces{};
    std::size_t sum = 0;
    for (std::size_t i = 0; const std::size_t size : {kFrames, kTable, std::size_t{100}, kTable}) {
        pieces[i] = memory.take(size);
        ASSERT_NE(pieces[i], nullptr);
        std::ranges::fill(bytes_at(pieces[i++], size), 0xff);
        EXPECT_EQ(memory.used(), sum += size);
    }
    for (void* const piece : pieces) memory.give_back(piece);
    EXPECT_EQ(memory.used(), 0U);
    EXPECT_FALSE(memory.exhausted());
    EXPECT_EQ(memory.take(kLimit + 1), nullptr);
    EXPECT_TRUE(memory.exhausted());
}

TEST(MemoryTest, RestingGivesBackPagesThatHoldNothing) {
    PagePool pool;
    Memory memory(kLimit, &pool);
    void* const frames = memory.take(kFrames);
    void* const table = memory.take(kTable);
    std::ranges::fill(bytes_at(frames, kFrames), 0xff);
    std::ranges::fill(bytes_at(table, kTable), 0);
    EXPECT_TRUE(is_resident(frames));
    EXPECT_TRUE(is_resident(table));
    memory.rest();
    EXPECT_FALSE(is_resident(frames));
    EXPECT_FALSE(is_resident(table));
    EXPECT_TRUE(std::ranges::all_of(bytes_at(table, kTable), [](std::uint8_t byte) { return byte == 0; }));
    memory.give_back(frames);
    memory.give_back(table);
}

TEST(MemoryTest, ATableWithAnEntryKeepsItsPage) {
    PagePool pool;
    Memory memory(kLimit, &pool);
    for (const std::size_t at : {std::size_t{0}, kTable / 2, kTable - 1}) {
        void* const table = memory.take(kTable);
        std::ranges::fill(bytes_at(table, kTable), 0);
        bytes_at(table, kTable)[at] = 7;
        memory.rest();
        EXPECT_EQ(bytes_at(table, kTable)[at], 7);
        memory.give_back(table);
    }
}

TEST(MemoryTest, PiecesMoveWithTheirContent) {
    PagePool pool;
    Memory memory(kLimit, &pool);
    nghttp2_mem* const functions = memory.for_nghttp2();
    void* const table = functions->calloc(256, kTable / 256, functions->mem_user_data);
    ASSERT_NE(table, nullptr);
    EXPECT_TRUE(std::ranges::all_of(bytes_at(table, kTable), [](std::uint8_t byte) { return byte == 0; }));
    std::ranges::fill(bytes_at(table, kTable), 9);
    void* const larger = functions->realloc(table, 2 * kTable, functions->mem_user_data);
    ASSERT_NE(larger, nullptr);
    EXPECT_TRUE(std::ranges::all_of(bytes_at(larger, kTable), [](std::uint8_t byte) { return byte == 9; }));
    EXPECT_EQ(memory.used(), 2 * kTable);
    functions->free(larger, functions->mem_user_data);
    EXPECT_EQ(memory.used(), 0U);
}

TEST(MemoryTest, WithoutPagesAllPiecesAreAlike) {
    Memory memory(kLimit);
    void* const frames = memory.take(kFrames);
    std::ranges::fill(bytes_at(frames, kFrames), 0xff);
    memory.rest();
    EXPECT_TRUE(std::ranges::all_of(bytes_at(frames, kFrames), [](std::uint8_t byte) { return byte == 0xff; }));
    memory.give_back(frames);
}

TEST(PagePoolTest, RegionsAreApartAndComeBack) {
    PagePool pool;
    std::array<std::uint8_t*, 200> regions{};
    for (std::size_t i = 0; i < regions.size(); ++i) {
        regions[i] = pool.take();
        ASSERT_NE(regions[i], nullptr);
        std::memset(regions[i], static_cast<int>(i), PagePool::kRegion);
    }
    for (std::size_t i = 0; i < regions.size(); ++i) {
        const std::span<std::uint8_t> region(regions[i], PagePool::kRegion);
        EXPECT_TRUE(
            std::ranges::all_of(region, [i](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(i); }));
    }
    for (std::uint8_t* const region : regions) pool.give_back(region);
    EXPECT_EQ(pool.take(), regions.back());
    const auto resident = std::ranges::count_if(regions, [](std::uint8_t* region) { return is_resident(region); });
    EXPECT_LT(resident, 100) << "many free regions keep no pages";
}

}  // namespace
}  // namespace cenote::http
