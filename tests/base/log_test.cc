// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <string>

#include "resolver/base/fd.h"

namespace cenote {
namespace {

/// Runs `write_lines` with stderr on `fd`.
void with_stderr(int fd, const std::function<void()>& write_lines) {
    const UniqueFd saved(::dup(STDERR_FILENO));
    ASSERT_TRUE(saved.valid());
    ASSERT_GE(::dup2(fd, STDERR_FILENO), 0);
    write_lines();
    ASSERT_GE(::dup2(saved.get(), STDERR_FILENO), 0);
}

std::string read_all(int fd) {
    std::string text;
    std::array<char, 65536> chunk;
    for (ssize_t count = 0; (count = ::read(fd, chunk.data(), chunk.size())) > 0;)
        text.append(chunk.data(), static_cast<std::size_t>(count));
    return text;
}

struct Channel {
    explicit Channel(bool socket) {
        std::array<int, 2> ends{};
        const int made = socket ? ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())
                                : ::pipe2(ends.data(), O_CLOEXEC);
        EXPECT_EQ(made, 0);
        read_end.reset(ends[0]);
        write_end.reset(ends[1]);
    }
    UniqueFd read_end;
    UniqueFd write_end;
};

TEST(Log, WritesALineForEachCall) {
    Channel pipe(false);
    with_stderr(pipe.write_end.get(), [] {
        log::error("cannot read {}", "x");
        log::warning("old list");
        log::notice("ready");
        log::info("{} lists", 3);
    });
    pipe.write_end.reset();
    EXPECT_EQ(read_all(pipe.read_end.get()), "error: cannot read x\nwarning: old list\nready\n3 lists\n");
}

TEST(Log, WhatComesFromOutsideCannotForgeALine) {
    Channel pipe(false);
    with_stderr(pipe.write_end.get(), [] { log::notice("name {}", "a\n<3>b\x1b[2J\x7f보안"); });
    pipe.write_end.reset();
    EXPECT_EQ(read_all(pipe.read_end.get()), "name a\\u{0a}<3>b\\u{1b}[2J\\u{7f}보안\n");
}

TEST(Log, AnErrorOfSeveralLinesIsSeveralLines) {
    Channel pipe(false);
    with_stderr(pipe.write_end.get(), [] { log::error_lines("a.toml:1:1: one\na.toml:2:1: two"); });
    pipe.write_end.reset();
    EXPECT_EQ(read_all(pipe.read_end.get()), "error: a.toml:1:1: one\nerror: a.toml:2:1: two\n");
}

TEST(Log, ALongLineIsCut) {
    Channel pipe(false);
    with_stderr(pipe.write_end.get(), [] { log::write(log::Level::Error, std::string(100'000, 'x')); });
    pipe.write_end.reset();
    const auto text = read_all(pipe.read_end.get());
    EXPECT_EQ(text.size(), 4096U);
    EXPECT_TRUE(text.ends_with("x\n"));
}

class LogThatNobodyReads : public testing::TestWithParam<bool> {};

// The channel is never read: a write that blocks would never return.
TEST_P(LogThatNobodyReads, DropsAndCountsInsteadOfWaiting) {
    Channel channel(GetParam());
    const auto before = log::dropped();
    with_stderr(channel.write_end.get(), [&] {
        while (log::dropped() < before + 3) log::notice("{}", std::string(1000, 'x'));
    });
    channel.write_end.reset();
    const auto text = read_all(channel.read_end.get());
    EXPECT_GT(text.size(), 0U);
    EXPECT_EQ(text.size() % 1001, 0U);  // whole lines
}

INSTANTIATE_TEST_SUITE_P(Channels, LogThatNobodyReads, testing::Bool(),
                         [](const auto& channel) { return channel.param ? "Socket" : "Pipe"; });

TEST(Log, AClosedReaderIsADroppedLineAndNotASignal) {
    Channel channel(true);
    channel.read_end.reset();
    const auto before = log::dropped();
    with_stderr(channel.write_end.get(), [] { log::error("nobody"); });
    EXPECT_EQ(log::dropped(), before + 1);
}

}  // namespace
}  // namespace cenote
