// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_file.h"
#include "resolver/sinks/log_writer.h"

namespace cenote::sinks {
namespace {

constexpr std::size_t kChunk = std::size_t{64} << 10;

Error error_of(const char* what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

}  // namespace

Result<ClosedLog> compress_log(const Path& from, const Path& to) {
    const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in.valid()) return error_of("open", from);
    auto out = LogWriter::create(to, true);
    if (!out) return std::move(out).error();
    std::array<std::uint8_t, kChunk> plain;
    Sha256 digest;
    ClosedLog closed{.file = to, .lines = 0, .sha256 = {}};
    for (;;) {
        const ssize_t size = ::read(in.get(), plain.data(), plain.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return error_of("read", from);
        if (size == 0) break;
        const ByteView bytes = ByteView(plain).first(static_cast<std::size_t>(size));
        digest.update(bytes);
        closed.lines += static_cast<std::uint64_t>(std::ranges::count(bytes, std::uint8_t{'\n'}));
        if (auto written = out->write(bytes); !written) return std::move(written).error();
    }
    if (auto finished = out->finish(); !finished) return std::move(finished).error();
    closed.sha256 = to_hex(digest.finish());
    return closed;
}

}  // namespace cenote::sinks
