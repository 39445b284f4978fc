// SPDX-License-Identifier: Apache-2.0
//
// Bytes on the wire: views, a reader that cannot overrun and a writer that cannot overflow.
//
// Threads:  plain values.
// Memory:   owns nothing; the caller keeps the bytes alive.
// Failure:  sticky: after the first overrun every read gives zeros and ok() is false, every write is
//           ignored and ok() is false. Read or write straight through, test ok() once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace cenote {

using ByteView = std::span<const std::uint8_t>;
using MutableBytes = std::span<std::uint8_t>;

/// The bytes of a text.
[[nodiscard]] inline ByteView bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Network byte order at a position that is known to be in bounds.
[[nodiscard]] inline std::uint16_t load_u16(const std::uint8_t* at) noexcept {
    return static_cast<std::uint16_t>((at[0] << 8) | at[1]);
}
[[nodiscard]] inline std::uint32_t load_u32(const std::uint8_t* at) noexcept {
    return (std::uint32_t{at[0]} << 24) | (std::uint32_t{at[1]} << 16) | (std::uint32_t{at[2]} << 8) | at[3];
}
inline void store_u16(std::uint8_t* at, std::uint16_t value) noexcept {
    at[0] = static_cast<std::uint8_t>(value >> 8);
    at[1] = static_cast<std::uint8_t>(value);
}
inline void store_u32(std::uint8_t* at, std::uint32_t value) noexcept {
    store_u16(at, static_cast<std::uint16_t>(value >> 16));
    store_u16(at + 2, static_cast<std::uint16_t>(value));
}

/// Loads a byte to bring its cache line near. A prefetch instruction is no replacement: the processor drops it when the
/// page is not in the TLB.
inline void touch(const std::uint8_t* at) noexcept {
    static_cast<void>(*static_cast<const volatile std::uint8_t*>(at));
}

class ByteReader {
public:
    explicit ByteReader(ByteView bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t offset() const noexcept { return offset_; }
    [[nodiscard]] std::size_t left() const noexcept { return ok_ ? bytes_.size() - offset_ : 0; }

    std::uint8_t u8() noexcept { return take(1) ? bytes_[offset_ - 1] : std::uint8_t{0}; }
    std::uint16_t u16() noexcept { return take(2) ? load_u16(&bytes_[offset_ - 2]) : std::uint16_t{0}; }
    std::uint32_t u32() noexcept { return take(4) ? load_u32(&bytes_[offset_ - 4]) : 0U; }
    /// The next `count` bytes, empty when there are fewer.
    ByteView bytes(std::size_t count) noexcept {
        return take(count) ? bytes_.subspan(offset_ - count, count) : ByteView{};
    }
    void skip(std::size_t count) noexcept { take(count); }
    void fail() noexcept { ok_ = false; }

private:
    bool take(std::size_t count) noexcept {
        if (!ok_ || bytes_.size() - offset_ < count) {
            ok_ = false;
            return false;
        }
        offset_ += count;
        return true;
    }

    ByteView bytes_;
    std::size_t offset_ = 0;
    bool ok_ = true;
};

class ByteWriter {
public:
    explicit ByteWriter(MutableBytes bytes) noexcept : bytes_(bytes) {}

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t left() const noexcept { return ok_ ? bytes_.size() - size_ : 0; }
    [[nodiscard]] ByteView written() const noexcept { return bytes_.first(size_); }

    void u8(std::uint8_t value) noexcept {
        if (room(1)) bytes_[size_ - 1] = value;
    }
    void u16(std::uint16_t value) noexcept {
        if (room(2)) store_u16(&bytes_[size_ - 2], value);
    }
    void u32(std::uint32_t value) noexcept {
        if (room(4)) store_u32(&bytes_[size_ - 4], value);
    }
    void bytes(ByteView source) noexcept {
        if (!source.empty() && room(source.size()))
            std::memcpy(&bytes_[size_ - source.size()], source.data(), source.size());
    }
    /// Overwrites two bytes that were written before (counts, lengths).
    void patch_u16(std::size_t at, std::uint16_t value) noexcept {
        if (ok_ && at + 2 <= size_) store_u16(&bytes_[at], value);
    }
    /// Discards everything from `size` on, and a failure that came after it.
    void rewind(std::size_t size) noexcept {
        if (size <= size_) {
            size_ = size;
            ok_ = true;
        }
    }

private:
    bool room(std::size_t count) noexcept {
        if (!ok_ || bytes_.size() - size_ < count) {
            ok_ = false;
            return false;
        }
        size_ += count;
        return true;
    }

    MutableBytes bytes_;
    std::size_t size_ = 0;
    bool ok_ = true;
};

}  // namespace cenote
