// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/options.h"

#include <algorithm>
#include <array>

namespace cenote::sinks {
namespace {

constexpr std::array<std::string_view, 4> kFormats{"jsonl", "ecs", "ocsf", "cef"};
constexpr std::array<std::string_view, 2> kScopes{"directives", "all"};

template <typename Enum, std::size_t N>
std::optional<Enum> find_word(const std::array<std::string_view, N>& words, std::string_view text) noexcept {
    const auto found = std::find(words.begin(), words.end(), text);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enum>(found - words.begin());
}

}  // namespace

std::string_view log_format_to_text(LogFormat format) noexcept { return kFormats[static_cast<std::size_t>(format)]; }
std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
    return find_word<LogFormat>(kFormats, text);
}
std::optional<Scope> parse_scope(std::string_view text) noexcept { return find_word<Scope>(kScopes, text); }

}  // namespace cenote::sinks
