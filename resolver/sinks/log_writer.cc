// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>

namespace cenote::sinks {
namespace {

constexpr int kLevel = 3;
constexpr mode_t kMode = 0640;

Error error_of(const char* what, const Path& path) {
    return Error{fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno))};
}

ZSTD_CCtx* zstd(void* context) noexcept { return static_cast<ZSTD_CCtx*>(context); }

}  // namespace

Result<LogWriter> LogWriter::create(const Path& file, bool compressed) {
    UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
    if (!fd.valid()) return error_of("create", file);
    return LogWriter(file, std::move(fd), compressed);
}

LogWriter::LogWriter(const Path& file, UniqueFd fd, bool compressed)
    : file_(file), fd_(std::move(fd)), context_(nullptr, [](void* context) { ZSTD_freeCCtx(zstd(context)); }) {
    if (!compressed) return;
    context_.reset(ZSTD_createCCtx());
    ZSTD_CCtx_setParameter(zstd(context_.get()), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(zstd(context_.get()), ZSTD_c_checksumFlag, 1);
    packed_.resize(ZSTD_CStreamOutSize());
}

Status LogWriter::write(ByteView bytes) { return context_ != nullptr ? pack(bytes, false) : write_raw(bytes); }

Status LogWriter::finish() {
    if (context_ != nullptr)
        if (auto packed = pack({}, true); !packed) return packed;
    return ::fsync(fd_.get()) == 0 ? Status(Done{}) : Status(error_of("sync", file_));
}

Status LogWriter::pack(ByteView bytes, bool last) {
    ZSTD_inBuffer input{bytes.data(), bytes.size(), 0};
    for (;;) {
        ZSTD_outBuffer output{packed_.data(), packed_.size(), 0};
        const std::size_t left =
            ZSTD_compressStream2(zstd(context_.get()), &output, &input, last ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left) != 0)
            return Error{fmt::format("cannot compress {}: {}", file_.string(), ZSTD_getErrorName(left))};
        if (auto written = write_raw(ByteView(packed_).first(output.pos)); !written) return written;
        if (last ? left == 0 : input.pos == input.size) return Done{};
    }
}

Status LogWriter::write_raw(ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(fd_.get(), bytes.data(), bytes.size());
        if (done < 0 && errno == EINTR) continue;
        if (done < 0) return error_of("write", file_);
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return Done{};
}

}  // namespace cenote::sinks
