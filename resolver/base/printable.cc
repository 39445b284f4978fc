// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/printable.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace cenote {
namespace {

struct Range {
    char32_t first;
    char32_t last;
};
constexpr std::array<Range, 13> kEscaped{{{0x00, 0x1f},
                                          {0x7f, 0x9f},
                                          {0xad, 0xad},
                                          {0x600, 0x605},
                                          {0x61c, 0x61c},
                                          {0x180e, 0x180e},
                                          {0x200b, 0x200b},
                                          {0x200e, 0x200f},
                                          {0x2028, 0x202e},
                                          {0x2060, 0x206f},
                                          {0xfeff, 0xfeff},
                                          {0xfff9, 0xfffb},
                                          {0xe0000, 0xe007f}}};

bool is_escaped(char32_t character) noexcept {
    return std::any_of(kEscaped.begin(), kEscaped.end(),
                       [character](const Range& range) { return character >= range.first && character <= range.last; });
}

struct Character {
    char32_t value = 0;
    std::size_t bytes = 1;
    bool utf8 = false;  // false: `value` is a byte
};

/// The first character of a text, which must not be empty (RFC 3629: no overlong forms, no surrogates).
Character first_of(std::string_view text) noexcept {
    const auto byte = [text](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
    if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {lead, 1, false};
    char32_t value = lead & (0x7fU >> bytes);
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return {lead, 1, false};
        value = (value << 6) | (byte(i) & 0x3fU);
    }
    if (value < kLeast[bytes] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return {lead, 1, false};
    return {value, bytes, true};
}

constexpr std::size_t kEscapeMax = 12;

/// `text` begins with `one`: its bytes, or the escape in `room`.
std::string_view piece_of(std::string_view text, const Character& one, std::array<char, kEscapeMax>& room) noexcept {
    if (one.utf8 && !is_escaped(one.value)) return text.substr(0, one.bytes);
    const auto end = fmt::format_to_n(room.data(), room.size(), "\\{}{{{:02x}}}", one.utf8 ? 'u' : 'x',
                                      static_cast<std::uint32_t>(one.value));
    return {room.data(), std::min(end.size, room.size())};
}

}  // namespace

std::string printable(std::string_view text) {
    std::string clean;
    clean.reserve(text.size());
    std::array<char, kEscapeMax> room;
    while (!text.empty()) {
        const Character one = first_of(text);
        clean += piece_of(text, one, room);
        text.remove_prefix(one.bytes);
    }
    return clean;
}

std::string printable_json(std::string_view document) {
    std::string clean;
    clean.reserve(document.size());
    while (!document.empty()) {
        const Character one = first_of(document);
        if (one.value == '\n' || !is_escaped(one.value))
            clean += document.substr(0, one.bytes);
        else if (one.value < 0x10000)
            clean += fmt::format("\\u{:04x}", static_cast<std::uint32_t>(one.value));
        else
            clean += fmt::format("\\u{:04x}\\u{:04x}", 0xd7c0 + (one.value >> 10), 0xdc00 + (one.value & 0x3ff));
        document.remove_prefix(one.bytes);
    }
    return clean;
}

std::size_t copy_printable(std::string_view text, std::span<char> into) noexcept {
    std::size_t written = 0;
    std::array<char, kEscapeMax> room;
    while (!text.empty()) {
        const Character one = first_of(text);
        const std::string_view piece = piece_of(text, one, room);
        if (piece.size() > into.size() - written) break;
        std::copy(piece.begin(), piece.end(), into.begin() + static_cast<std::ptrdiff_t>(written));
        written += piece.size();
        text.remove_prefix(one.bytes);
    }
    return written;
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const Character one = first_of(text);
        if (!one.utf8) return false;
        text.remove_prefix(one.bytes);
    }
    return true;
}

}  // namespace cenote
