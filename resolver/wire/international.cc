// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/international.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

namespace cenote::wire {
namespace {

constexpr int kFlags = IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL;
using Owned = std::unique_ptr<char, void (*)(void*)>;

}  // namespace

bool is_ascii(std::string_view text) noexcept {
    return std::all_of(text.begin(), text.end(), [](char letter) { return static_cast<unsigned char>(letter) < 0x80; });
}

Result<std::string> to_a_labels(std::string_view text) {
    const std::string copy(text);
    if (copy.find('\0') != std::string::npos) return Error{"a zero byte is no letter"};  // libidn2 would stop at it
    char* found = nullptr;
    const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(copy.c_str()),
                                    reinterpret_cast<std::uint8_t**>(&found), kFlags);
    const Owned owned(found, idn2_free);
    if (code != IDN2_OK) return Error{idn2_strerror(code)};
    return std::string(found);
}

std::string to_u_labels(const Name& name) {
    const std::string text = name.to_string();
    if (text.find("xn--") == std::string::npos || text.find('\\') != std::string::npos) return {};
    char* found = nullptr;
    const int code = idn2_to_unicode_8z8z(text.c_str(), &found, 0);
    const Owned owned(found, idn2_free);
    if (code != IDN2_OK || text == found) return {};
    const auto back = to_a_labels(found);
    return back && *back == text ? std::string(found) : std::string();
}

std::string both_forms(const Name& name) {
    const std::string letters = to_u_labels(name);
    return letters.empty() ? name.to_string() : fmt::format("{} ({})", letters, name.to_string());
}

}  // namespace cenote::wire
