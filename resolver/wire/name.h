// SPDX-License-Identifier: Apache-2.0
//
// A domain name in wire format, case-folded (RFC 4343), with the offset of each label.
//
// Threads:  a plain value. Data plane unless noted.
// Memory:   384 bytes inside the object, left uninitialised beyond `size`.
// Failure:  read functions return false; parse() returns nullopt.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/bytes.h"

namespace cenote::wire {

class Name {
public:
    static constexpr std::size_t kBytesMax = 255;  // RFC 1035 §2.3.4, root label included
    static constexpr std::size_t kLabelsMax = 127;

    Name() noexcept : size_(1), labels_(0) { bytes_[0] = 0; }  // the root
    Name(const Name& other) noexcept { copy(other); }
    Name& operator=(const Name& other) noexcept {
        if (this != &other) copy(other);
        return *this;
    }

    /// Parses presentation form (RFC 1035 §5.1, with `\.` and `\DDD`); a final dot is optional, letters are folded.
    /// Blanks, control characters and bytes beyond ASCII must be escaped. Control plane.
    static std::optional<Name> parse(std::string_view text);
    /// Reads a possibly compressed name at `offset` of `packet`; `end` is the offset behind it.
    /// Pointers must lead strictly backwards and not into the header, and there may be at most 126 (RFC 9267 §2, §3).
    [[nodiscard]] bool read(ByteView packet, std::size_t offset, std::size_t& end) noexcept;
    /// Reads a name that must not be compressed, as in a question.
    [[nodiscard]] bool read_uncompressed(ByteView bytes, std::size_t& end) noexcept;

    [[nodiscard]] ByteView wire() const noexcept { return {bytes_, size_}; }  // root byte included
    [[nodiscard]] std::uint8_t labels() const noexcept { return labels_; }    // root not counted
    /// The offset of the length byte of label `index`, 0 the leftmost; labels() is the root byte.
    [[nodiscard]] std::uint8_t offset(std::uint8_t index) const noexcept {
        return index < labels_ ? offsets_[index] : static_cast<std::uint8_t>(size_ - 1);
    }
    /// The wire format of the last `count` labels, root byte included.
    [[nodiscard]] ByteView suffix(std::uint8_t count) const noexcept {
        return wire().subspan(offset(static_cast<std::uint8_t>(labels_ - count)));
    }
    [[nodiscard]] bool is_below_or_equal(const Name& ancestor) const noexcept;
    /// Presentation form without the final dot ("." for the root); odd bytes escaped. Control plane.
    [[nodiscard]] std::string to_string() const;

    friend bool operator==(const Name& a, const Name& b) noexcept {
        return a.size_ == b.size_ && std::memcmp(a.bytes_, b.bytes_, a.size_) == 0;
    }

private:
    void copy(const Name& other) noexcept {
        size_ = other.size_;
        labels_ = other.labels_;
        std::memcpy(bytes_, other.bytes_, size_);
        std::memcpy(offsets_, other.offsets_, labels_);
    }

    std::uint8_t size_;
    std::uint8_t labels_;
    std::uint8_t bytes_[kBytesMax];
    std::uint8_t offsets_[kLabelsMax];
};

/// Moves `offset` behind a possibly compressed name without reading it; false when it leaves the packet.
[[nodiscard]] bool skip_name(ByteView packet, std::size_t& offset) noexcept;

}  // namespace cenote::wire
