// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/access_token.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "resolver/base/ascii.h"

namespace cenote::policy {
namespace {

constexpr std::size_t kBitsMin = 128;
constexpr std::size_t kLengthMin = kBitsMin / 6 + 1;  // of the widest alphabet, base64url
constexpr std::size_t kDifferentMin = 8;              // random tokens of this length have more

/// By the smallest usual alphabet that has all its characters: base16, base32, base64url (RFC 4648).
std::size_t bits_of(std::string_view text) noexcept {
    if (std::ranges::all_of(text, is_digit)) return text.size() * 10 / 3;
    if (std::ranges::all_of(text, is_hexadecimal)) return text.size() * 4;
    const auto of_one_case = [](auto is_case) { return [=](char c) { return is_digit(c) || is_case(c); }; };
    if (std::ranges::all_of(text, of_one_case(is_lower)) || std::ranges::all_of(text, of_one_case(is_upper)))
        return text.size() * 5;
    return text.size() * 6;
}

bool is_unreserved(char c) noexcept {
    return is_digit(c) || is_letter(c) || c == '-' || c == '_' || c == '.' || c == '~';
}

}  // namespace

TokenDigest digest_of_token(std::string_view token) { return sha256(bytes_of(token)); }

bool may_be_token(std::string_view text) noexcept {
    return text.size() >= kLengthMin && text.size() <= kTokenLengthMax && std::ranges::all_of(text, is_unreserved);
}

std::string weakness_of(std::string_view text) {
    if (!std::ranges::all_of(text, is_unreserved))
        return "has a character that a path cannot have; use letters, digits, '-' and '_' alone";
    if (text.size() > kTokenLengthMax)
        return fmt::format("has {} characters; {} are the most", text.size(), kTokenLengthMax);
    if (const std::size_t bits = bits_of(text); bits < kBitsMin)
        return fmt::format("has {} bits at most, and fewer than {} can be guessed", bits, kBitsMin);
    if (std::set<char>(text.begin(), text.end()).size() < kDifferentMin)
        return fmt::format("has fewer than {} different characters: it is not random", kDifferentMin);
    return {};
}

}  // namespace cenote::policy
