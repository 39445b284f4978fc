// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_reader.h"

#include <fmt/format.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace cenote::sinks {
namespace {

constexpr std::size_t kChunk = std::size_t{128} << 10;
constexpr std::array<char, 4> kMagic{'\x28', '\xb5', '\x2f', '\xfd'};  // of a frame (RFC 8878 §3.1.1)

}  // namespace

LogReader::LogReader(int fd) : fd_(fd), raw_(kChunk), context_(nullptr, [](void*) {}) {}
LogReader::~LogReader() = default;

Result<std::size_t> LogReader::read_raw() {
    while (true) {
        const ssize_t size = ::read(fd_, raw_.data(), raw_.size());
        if (size >= 0) return static_cast<std::size_t>(size);
        if (errno != EINTR) return Error{fmt::format("cannot be read: {}", std::strerror(errno))};
    }
}

/// Puts the next bytes of the lines between plain_done_ and plain_size_ of plain_; none at the end.
Status LogReader::fill() {
    if (context_ != nullptr) return unpack();
    const auto size = read_raw();
    if (!size) return size.error();
    if (!begun_) {
        begun_ = true;
        if (*size >= kMagic.size() && std::equal(kMagic.begin(), kMagic.end(), raw_.begin())) {
            context_ =
                Context(ZSTD_createDCtx(), [](void* context) { ZSTD_freeDCtx(static_cast<ZSTD_DCtx*>(context)); });
            ZSTD_DCtx_setParameter(static_cast<ZSTD_DCtx*>(context_.get()), ZSTD_d_windowLogMax, kWindowMaxLog);
            plain_.resize(kChunk);
            raw_size_ = *size;
            return unpack();
        }
    }
    std::swap(raw_, plain_);
    raw_.resize(kChunk);
    plain_size_ = *size;
    plain_done_ = 0;
    ended_ = *size == 0;
    return Done{};
}

Status LogReader::unpack() {
    plain_size_ = plain_done_ = 0;
    while (plain_size_ == 0) {
        if (raw_done_ == raw_size_ && !has_more_) {
            const auto size = read_raw();
            if (!size) return size.error();
            raw_size_ = *size;
            raw_done_ = 0;
            ended_ = *size == 0;
            if (ended_ && in_frame_) return Error{"is cut: its compressed part has no end"};
            if (ended_) return Done{};
        }
        ZSTD_inBuffer input{raw_.data(), raw_size_, raw_done_};
        ZSTD_outBuffer output{plain_.data(), plain_.size(), 0};
        const std::size_t left = ZSTD_decompressStream(static_cast<ZSTD_DCtx*>(context_.get()), &output, &input);
        if (ZSTD_isError(left) != 0) return Error{fmt::format("is damaged: {}", ZSTD_getErrorName(left))};
        raw_done_ = input.pos;
        plain_size_ = output.pos;
        has_more_ = output.pos == output.size;
        in_frame_ = left != 0;
    }
    return Done{};
}

Result<std::optional<std::string_view>> LogReader::next() {
    line_.clear();
    while (!ended_) {
        const char* from = plain_.data() + plain_done_;
        const std::size_t there = plain_size_ - plain_done_;
        const auto* end = there == 0 ? nullptr : static_cast<const char*>(std::memchr(from, '\n', there));
        const std::size_t size = end == nullptr ? there : static_cast<std::size_t>(end - from);
        line_.append(from, std::min(size, kLineMax - line_.size()));
        plain_done_ += size + (end == nullptr ? 0 : 1);
        if (end != nullptr) {
            ++number_;
            return std::optional(std::string_view(line_));
        }
        if (auto filled = fill(); !filled) {
            ended_ = true;
            return std::move(filled).error();
        }
    }
    if (line_.empty()) return std::optional<std::string_view>();
    ++number_;
    unfinished_ = true;
    return std::optional(std::string_view(line_));
}

}  // namespace cenote::sinks
