// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/fd.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace cenote {
namespace {

using testing::HasSubstr;
using testing_support::TemporaryFolder;

ByteView bytes(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

Path write_file(const Path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
    return path;
}

std::size_t files_in(const Path& folder) {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator()));
}

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST(UniqueFd, ClosesWhatItOwns) {
    const int raw = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ASSERT_GE(raw, 0);
    {
        UniqueFd first(raw);
        UniqueFd second(std::move(first));
        EXPECT_EQ(second.get(), raw);
        EXPECT_TRUE(is_open(raw));
    }
    EXPECT_FALSE(is_open(raw));
}

TEST(UniqueFd, ReleaseGivesItAway) {
    UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const int raw = fd.release();
    EXPECT_FALSE(fd.valid());
    EXPECT_TRUE(is_open(raw));
    fd.reset(raw);
    fd.reset();
    EXPECT_FALSE(is_open(raw));
}

TEST(MappedFile, ShowsTheWholeFile) {
    const TemporaryFolder folder;
    auto mapped = MappedFile::open(write_file(folder / "set", "content"));
    ASSERT_TRUE(mapped);
    const MappedFile moved = std::move(*mapped);
    EXPECT_EQ(std::string(moved.bytes().begin(), moved.bytes().end()), "content");
    EXPECT_TRUE(MappedFile::open(write_file(folder / "empty", ""))->bytes().empty());
}

TEST(MappedFile, NamesThePathAndTheReason) {
    const TemporaryFolder folder;
    const auto missing = MappedFile::open(folder.path() / "none");
    ASSERT_FALSE(missing);
    EXPECT_THAT(missing.error().text, HasSubstr((folder.path() / "none").string() + ": No such file"));
    const auto wrong = MappedFile::open(folder.path());
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().text, HasSubstr("not a regular file"));
}

TEST(ReadFile, TakesAtMostWhatWasAllowed) {
    const TemporaryFolder folder;
    const auto file = write_file(folder / "list", std::string(100'000, 'x'));
    EXPECT_EQ(read_file(file, 100'000).value().size(), 100'000U);
    const auto refused = read_file(file, 99'999);
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, HasSubstr("larger than 99999 bytes"));
}

TEST(ReadFile, DoesNotWaitForTheOtherEndOfAFifo) {
    const TemporaryFolder folder;
    const auto fifo = folder.path() / "fifo";
    ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
    EXPECT_FALSE(read_file(fifo, 10));
}

TEST(ReadFile, ReadsWhatHasNoSize) { EXPECT_FALSE(read_file("/proc/self/status", 1U << 20).value().empty()); }

TEST(PublishFile, ReplacesContentAndMode) {
    const TemporaryFolder folder;
    const auto file = write_file(folder / "set", "old");
    const auto before = ::umask(077);
    const auto published = publish_file(file, bytes("new"), 0644);
    ::umask(before);
    ASSERT_TRUE(published);
    EXPECT_EQ(read_file(file, 100).value(), "new");
    struct stat status {};
    ASSERT_EQ(::stat(file.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777U, 0644U);
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(PublishFile, AnOpenReaderKeepsTheOldContent) {
    const TemporaryFolder folder;
    const auto file = write_file(folder / "set", "old");
    const auto mapped = MappedFile::open(file);
    ASSERT_TRUE(mapped);
    ASSERT_TRUE(publish_file(file, bytes("new"), 0600));
    EXPECT_EQ(mapped->bytes()[0], 'o');
}

TEST(PublishFile, AMissingFolderIsNamed) {
    const TemporaryFolder folder;
    const auto failed = publish_file(folder.path() / "none" / "set", bytes("new"), 0600);
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().text, HasSubstr((folder.path() / "none").string() + ": No such file"));
}

TEST(PublishFile, AFullDiskLeavesTheOldContentAndNoDraft) {
    const TemporaryFolder folder;
    const auto file = write_file(folder / "set", "old");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit tight{1000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    const auto failed = publish_file(file, bytes(std::string(5000, 'x')), 0600);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, old_handler);

    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().text, HasSubstr("File too large; raise the limit"));
    EXPECT_EQ(read_file(file, 100).value(), "old");
    EXPECT_EQ(files_in(folder.path()), 1U);
}

TEST(PublishFile, AFolderInItsPlaceIsLeftAlone) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "set");
    EXPECT_FALSE(publish_file(folder.path() / "set", bytes("new"), 0600));
    EXPECT_TRUE(std::filesystem::is_directory(folder.path() / "set"));
    EXPECT_EQ(files_in(folder.path()), 1U);
}

}  // namespace
}  // namespace cenote
