// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/mapping_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "resolver/base/fd.h"
#include "tests/support/temporary_folder.h"

namespace cenote {
namespace {

class MappingGuard : public ::testing::Test {
protected:
    Path file(const std::string& name, std::size_t size) {
        const Path path = folder / name;
        std::ofstream(path) << std::string(size, 'x');
        return path;
    }
    static bool has_news() {
        eventfd_t count = 0;
        return ::eventfd_read(lost_mappings_fd(), &count) == 0;
    }
    static std::size_t count_x(const MappedFile& mapped) {
        return static_cast<std::size_t>(std::ranges::count(mapped.bytes(), std::uint8_t{'x'}));
    }

    testing_support::TemporaryFolder folder;
    const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
};

TEST_F(MappingGuard, WhatIsCutOffReadsAsZeros) {
    const Path path = file("set", 5 * page);
    auto mapped = MappedFile::open(path);
    ASSERT_TRUE(mapped.ok());
    EXPECT_EQ(count_x(*mapped), 5 * page);
    EXPECT_FALSE(is_mapping_lost(mapped->bytes()));
    ASSERT_EQ(::truncate(path.c_str(), static_cast<off_t>(2 * page)), 0);
    EXPECT_EQ(count_x(*mapped), 2 * page);
    EXPECT_TRUE(is_mapping_lost(mapped->bytes()));
    EXPECT_TRUE(has_news());
    EXPECT_FALSE(has_news());
}

TEST_F(MappingGuard, OthersAreNotLost) {
    auto other = MappedFile::open(file("other", 3 * page));
    const Path path = file("set", 3 * page);
    auto mapped = MappedFile::open(path);
    ASSERT_TRUE(other.ok() && mapped.ok());
    ASSERT_EQ(::truncate(path.c_str(), 0), 0);
    MappedFile moved = std::move(*mapped);
    EXPECT_EQ(count_x(moved), 0U);
    EXPECT_TRUE(is_mapping_lost(moved.bytes()));
    EXPECT_FALSE(is_mapping_lost(other->bytes()));
    EXPECT_EQ(count_x(*other), 3 * page);
    moved = MappedFile();
    has_news();
    auto again = MappedFile::open(file("again", page));  // may have the place in the table
    ASSERT_TRUE(again.ok());
    EXPECT_FALSE(is_mapping_lost(again->bytes()));
}

TEST_F(MappingGuard, AnyOtherBusErrorEndsTheProcess) {
    const Path path = file("unguarded", page);
    const MappedFile guarded = MappedFile::open(file("guarded", page)).value();
    EXPECT_EXIT(
        {
            const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
            void* at = ::mmap(nullptr, page, PROT_READ, MAP_SHARED, fd.get(), 0);
            std::filesystem::resize_file(path, 0);
            static_cast<void>(*static_cast<volatile const char*>(at));
        },
        ::testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace cenote
