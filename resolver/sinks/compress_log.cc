// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "resolver/base/digest.h"
#include "resolver/sinks/log_file.h"

namespace cenote::sinks {
namespace {

constexpr int kLevel = 3;
constexpr mode_t kMode = 0640;

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

Error error_of(const char* what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

Status write_all(int fd, const std::uint8_t* data, std::size_t size, const Path& path) {
    while (size != 0) {
        const ssize_t done = ::write(fd, data, size);
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return error_of("write", path);
        data += done;
        size -= static_cast<std::size_t>(done);
    }
    return Done{};
}

}  // namespace

Result<ClosedLog> compress_log(const Path& from, const Path& to) {
    const UniqueFd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
    if (!in.valid()) return error_of("open", from);
    const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!out.valid()) return error_of("open", to);
    const std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);

    std::vector<std::uint8_t> plain(ZSTD_CStreamInSize());
    std::vector<std::uint8_t> packed(ZSTD_CStreamOutSize());
    Sha256 digest;
    ClosedLog closed{.file = to, .lines = 0, .sha256 = {}};
    for (bool last = false; !last;) {
        const ssize_t size = ::read(in.get(), plain.data(), plain.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return error_of("read", from);
        last = size == 0;
        const ByteView bytes = ByteView(plain).first(static_cast<std::size_t>(size));
        digest.update(bytes);
        closed.lines += static_cast<std::uint64_t>(std::ranges::count(bytes, std::uint8_t{'\n'}));
        ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
        for (std::size_t left = 1; left != 0;) {
            ZSTD_outBuffer output{packed.data(), packed.size(), 0};
            left = ZSTD_compressStream2(context.get(), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
            if (ZSTD_isError(left) != 0)
                return Error{fmt::format("cannot compress {}: {}", from.string(), ZSTD_getErrorName(left))};
            if (auto written = write_all(out.get(), packed.data(), output.pos, to); !written)
                return std::move(written).error();
            if (!last && input.pos == input.size) break;
        }
    }
    if (::fsync(out.get()) != 0) return error_of("sync", to);
    closed.sha256 = to_hex(digest.finish());
    return closed;
}

}  // namespace cenote::sinks
