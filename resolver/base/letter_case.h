// SPDX-License-Identifier: Apache-2.0
//
// Comparison without regard to the case of ASCII letters (RFC 4343); all other bytes are compared as they are.
//
// Threads: pure.   Memory: fold_case() of a text makes a copy, the comparison none.   Failure: none.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace cenote {

constexpr char fold_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

inline std::string fold_case(std::string_view text) {
    std::string folded(text);
    for (char& c : folded) c = fold_case(c);
    return folded;
}

constexpr bool equal_folded(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return fold_case(x) == fold_case(y); });
}

}  // namespace cenote
