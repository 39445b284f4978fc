// SPDX-License-Identifier: Apache-2.0
//
// The lines of a text, and the words of a line.
//
// Threads:  pure.   Memory: none; views into the text.   Failure: none.
#pragma once

#include <cstdint>
#include <string_view>

namespace cenote::blocklists {

[[nodiscard]] constexpr bool is_blank(char letter) noexcept { return letter == ' ' || letter == '\t'; }

[[nodiscard]] inline std::string_view trim(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && (is_blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

/// Removes the first word from `text` and returns it; empty at the end.
[[nodiscard]] inline std::string_view take_word(std::string_view& text) noexcept {
    text = trim(text);
    std::size_t size = 0;
    while (size < text.size() && !is_blank(text[size])) ++size;
    const auto word = text.substr(0, size);
    text.remove_prefix(size);
    return word;
}

/// Calls `take(line, number)` for each line, untrimmed, until it returns false. Lines end with \n. A byte order mark
/// begins a line wherever it is, because a text may be the concatenation of several files.
template <typename Take>
void for_each_raw_line(std::string_view text, Take take) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    for (std::uint32_t number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        auto line = text.substr(0, end);
        for (auto mark = line.find(kByteOrderMark); mark != std::string_view::npos; mark = line.find(kByteOrderMark)) {
            if (mark != 0 && !take(line.substr(0, mark), number)) return;
            line.remove_prefix(mark + kByteOrderMark.size());
        }
        if (!take(line, number)) return;
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

/// The same with blanks and carriage returns trimmed from each line.
template <typename Take>
void for_each_line(std::string_view text, Take take) {
    for_each_raw_line(text, [&](std::string_view line, std::uint32_t number) { return take(trim(line), number); });
}

}  // namespace cenote::blocklists
