// SPDX-License-Identifier: Apache-2.0
//
// Reads the lines of a file of the query log, plain or compressed with zstd, from its beginning.
//
// Threads:  one.
// Memory:   the buffers of zstd (a window of kWindowMax bytes at most) and one line.
// Failure:  Result with what is wrong behind the last line that was read; a compressed file that ends too early is
//           damaged. Of a line longer than kLineMax only its beginning is read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::sinks {

class LogReader {
public:
    static constexpr std::size_t kLineMax = std::size_t{64} << 10;
    static constexpr int kWindowMaxLog = 23;

    /// The descriptor stays the caller's.
    explicit LogReader(int fd);
    ~LogReader();
    LogReader(const LogReader&) = delete;
    LogReader& operator=(const LogReader&) = delete;

    /// The next line without its end, until the next call; nullopt: there is none.
    Result<std::optional<std::string_view>> next();
    /// The number of the line that was read last, from 1.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }
    /// Whether that line lacks its end: it is the last one, and was cut or is still being written.
    [[nodiscard]] bool is_unfinished() const noexcept { return unfinished_; }

private:
    Status fill();
    Status unpack();
    Result<std::size_t> read_raw();

    const int fd_;
    std::vector<char> raw_;
    std::size_t raw_size_ = 0;
    std::size_t raw_done_ = 0;
    std::vector<char> plain_;
    std::size_t plain_size_ = 0;
    std::size_t plain_done_ = 0;
    using Context = std::unique_ptr<void, void (*)(void*)>;
    Context context_;  // of zstd; null: the file is plain
    bool begun_ = false;
    bool has_more_ = false;  // zstd may hold bytes that did not fit into plain_
    bool in_frame_ = false;  // a frame has no end yet
    bool ended_ = false;
    std::string line_;
    std::uint64_t number_ = 0;
    bool unfinished_ = false;
};

}  // namespace cenote::sinks
