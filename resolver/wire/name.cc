// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/name.h"

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/types.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kLabelMax = 63;
constexpr std::uint8_t kPointer = 0xc0;
constexpr unsigned kPointersMax = 126;

/// Takes one character of a label, perhaps written `\X` or `\DDD`, off the front of `text`; nullopt when there is none.
/// Blanks, control characters and bytes beyond ASCII must be escaped: an invisible character in a name is a mistake.
std::optional<std::uint8_t> take_character(std::string_view& text) {
    const char first = text.front();
    text.remove_prefix(1);
    if (first != '\\') {
        if (first <= ' ' || first > '~') return std::nullopt;
        return static_cast<std::uint8_t>(first);
    }
    if (text.empty()) return std::nullopt;
    if (!is_digit(text[0])) {
        if (text[0] < ' ' || text[0] > '~') return std::nullopt;
        const auto escaped = static_cast<std::uint8_t>(text[0]);
        text.remove_prefix(1);
        return escaped;
    }
    if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
    const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    text.remove_prefix(3);
    if (value > 255) return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

void append_escaped(std::string& text, std::uint8_t byte) {
    static constexpr std::string_view kSpecial = R"(."$();@\)";
    if (byte <= ' ' || byte > '~') {
        text += '\\';
        text += static_cast<char>('0' + byte / 100);
        text += static_cast<char>('0' + byte / 10 % 10);
        text += static_cast<char>('0' + byte % 10);
        return;
    }
    const char c = static_cast<char>(byte);
    if (kSpecial.find(c) != std::string_view::npos) text += '\\';
    text += c;
}

}  // namespace

bool Name::read_uncompressed(ByteView bytes, std::size_t& end) noexcept {
    const std::size_t limit = std::min(bytes.size(), kBytesMax);
    std::size_t at = 0;
    std::uint8_t labels = 0;
    while (at < limit) {
        const std::size_t length = bytes[at];
        if (length == 0) {
            fold(bytes.data(), bytes_, at + 1);
            size_ = static_cast<std::uint8_t>(at + 1);
            labels_ = labels;
            end = at + 1;
            return true;
        }
        if (length > kLabelMax || at + length + 1 >= limit) break;
        offsets_[labels++] = static_cast<std::uint8_t>(at);
        at += length + 1;
    }
    *this = Name();
    return false;
}

bool Name::read(ByteView packet, std::size_t offset, std::size_t& end) noexcept {
    std::size_t at = offset;
    std::size_t run = offset;  // where the present run of labels began
    std::size_t behind = 0;
    std::size_t size = 0;
    std::uint8_t labels = 0;
    unsigned pointers = 0;
    while (at < packet.size()) {
        const std::size_t length = packet[at];
        if (length == 0) {
            bytes_[size] = 0;
            fold(bytes_, bytes_, size + 1);
            size_ = static_cast<std::uint8_t>(size + 1);
            labels_ = labels;
            end = pointers == 0 ? at + 1 : behind;
            return true;
        }
        if (length >= kPointer) {
            if (packet.size() - at < 2 || ++pointers > kPointersMax) break;
            const std::size_t target = load_u16(&packet[at]) & 0x3fff;
            if (target >= run || target < kHeaderSize) break;
            if (pointers == 1) behind = at + 2;
            at = run = target;
            continue;
        }
        if (length > kLabelMax || size + length + 2 > kBytesMax || packet.size() - at <= length) break;
        std::memcpy(bytes_ + size, &packet[at], length + 1);
        offsets_[labels++] = static_cast<std::uint8_t>(size);
        size += length + 1;
        at += length + 1;
    }
    *this = Name();
    return false;
}

bool Name::is_below_or_equal(const Name& ancestor) const noexcept {
    if (labels_ < ancestor.labels_) return false;
    const ByteView tail = suffix(ancestor.labels_);
    return tail.size() == ancestor.size_ && std::memcmp(tail.data(), ancestor.bytes_, tail.size()) == 0;
}

std::optional<Name> Name::parse(std::string_view text) {
    if (text.empty()) return std::nullopt;
    Name name;
    if (text == ".") return name;
    std::size_t start = 0;  // of the present label
    std::size_t size = 1;   // its length byte is accounted for
    const auto close_label = [&] {
        const std::size_t length = size - start - 1;
        if (length == 0 || length > kLabelMax) return false;
        name.bytes_[start] = static_cast<std::uint8_t>(length);
        name.offsets_[name.labels_++] = static_cast<std::uint8_t>(start);
        start = size++;
        return true;
    };
    while (!text.empty()) {
        if (text.front() == '.') {
            text.remove_prefix(1);
            if (!close_label()) return std::nullopt;
            continue;
        }
        const auto byte = take_character(text);
        if (!byte || size + 1 >= kBytesMax) return std::nullopt;  // the root byte must still fit
        name.bytes_[size++] = fold_byte(*byte);
    }
    if (size - start > 1 && !close_label()) return std::nullopt;
    name.bytes_[start] = 0;
    name.size_ = static_cast<std::uint8_t>(start + 1);
    return name;
}

std::string Name::to_string() const {
    if (labels_ == 0) return ".";
    std::string text;
    text.reserve(size_);
    for (std::uint8_t i = 0; i < labels_; ++i) {
        if (i > 0) text += '.';
        const std::size_t start = offset(i);
        for (std::size_t at = start + 1; at <= start + bytes_[start]; ++at) append_escaped(text, bytes_[at]);
    }
    return text;
}

bool skip_name(ByteView packet, std::size_t& offset) noexcept {
    std::size_t at = offset;
    while (at < packet.size()) {
        const std::size_t length = packet[at];
        if (length == 0 || length >= kPointer) {
            offset = at + (length == 0 ? 1 : 2);
            return offset <= packet.size();
        }
        if (length > kLabelMax) return false;
        at += length + 1;
    }
    return false;
}

}  // namespace cenote::wire
