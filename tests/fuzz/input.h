// SPDX-License-Identifier: Apache-2.0
//
// What fuzz targets share: how an input is taken apart, and the paths that the inputs of a corpus have to take.
//
// Threads:  one.
// Memory:   what is taken refers to the input.
// Failure:  behind its end an input has zeros, empty bytes and empty texts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote::fuzz {

class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) noexcept : left_(data, size) {}
    explicit Input(ByteView bytes) noexcept : left_(bytes) {}
    explicit Input(std::string_view text) noexcept : left_(bytes_of(text)) {}

    [[nodiscard]] bool empty() const noexcept { return left_.empty(); }
    [[nodiscard]] std::size_t size() const noexcept { return left_.size(); }

    std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
    std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
    std::uint32_t u32() noexcept { return number(4); }
    /// So many bytes, or what is left.
    ByteView bytes(std::size_t count) noexcept {
        const ByteView taken = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }
    /// As many bytes as the two before them say, or what is left.
    ByteView framed() noexcept { return bytes(u16()); }
    /// What is before the separator, which is taken too, or all that is left.
    std::string_view part(char separator) noexcept {
        const std::string_view all = text_of(left_);
        const std::size_t end = std::min(all.find(separator), all.size());
        left_ = left_.subspan(std::min(end + 1, left_.size()));
        return all.substr(0, end);
    }
    std::string_view line() noexcept { return part('\n'); }
    ByteView rest() noexcept { return bytes(left_.size()); }
    std::string_view text() noexcept { return text_of(rest()); }
    /// The rest in memory of its own that is exactly as large, so that AddressSanitizer sees a read beyond it.
    std::vector<std::uint8_t> copy() {
        const ByteView all = rest();
        return {all.begin(), all.end()};
    }

private:
    static std::string_view text_of(ByteView bytes) noexcept {
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    std::uint32_t number(std::size_t size) noexcept {
        std::uint32_t value = 0;
        const ByteView taken = bytes(size);
        if (taken.size() < size) return 0;
        for (const std::uint8_t byte : taken) value = value << 8U | byte;
        return value;
    }

    ByteView left_;
};

/// Gives all bytes to `take`, `piece` of them at a time.
template <typename Take>
void in_pieces(ByteView bytes, std::size_t piece, Take take) {
    while (!bytes.empty()) {
        const std::size_t some = std::min(piece, bytes.size());
        take(bytes.first(some));
        bytes = bytes.subspan(some);
    }
}

/// With the bit changed, which is counted around the bytes; they are not empty.
inline void flip(MutableBytes bytes, std::size_t bit) noexcept {
    bytes[bit / 8 % bytes.size()] ^= static_cast<std::uint8_t>(1U << bit % 8);
}

/// A path behind the checks of a target, which at least one input of its corpus has to take: otherwise the corpus tries
/// less than it seems to, and replay_main.cc fails.
class Goal {
public:
    explicit Goal(const char* what) : what_(what) { all().push_back(this); }
    Goal(const Goal&) = delete;
    Goal& operator=(const Goal&) = delete;

    void reach() noexcept { reached_ = true; }
    [[nodiscard]] bool reached() const noexcept { return reached_; }
    [[nodiscard]] const char* what() const noexcept { return what_; }

    static std::vector<Goal*>& all() {
        static std::vector<Goal*> goals;
        return goals;
    }

private:
    const char* what_;
    bool reached_ = false;
};

}  // namespace cenote::fuzz
