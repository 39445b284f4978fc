// SPDX-License-Identifier: Apache-2.0
//
// Kinds of ASCII characters, whatever the locale is. A byte above 127 is of none.
//
// Threads: pure.   Memory: none.   Failure: none.
#pragma once

namespace cenote {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_lower(char c) noexcept { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
constexpr bool is_letter(char c) noexcept { return is_lower(c) || is_upper(c); }
constexpr bool is_lower_hexadecimal(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f'); }
/// A digit of base16 (RFC 4648 §8), in either case.
constexpr bool is_hexadecimal(char c) noexcept { return is_lower_hexadecimal(c) || (c >= 'A' && c <= 'F'); }

}  // namespace cenote
