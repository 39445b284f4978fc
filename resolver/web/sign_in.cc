// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/sign_in.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "resolver/base/ascii.h"

namespace cenote::web {
namespace {

constexpr std::size_t kTokenBytes = 64;
constexpr std::string_view kLanguageCookie = "lang";

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// Cuts off what stands before the separator.
std::string_view take_until(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

/// In thousandths (RFC 9110 §12.4.2); 0 for another form.
int quality(std::string_view parameters) {
    const auto text = trimmed(parameters);
    if (text.empty()) return 1000;
    if (!text.starts_with("q=") && !text.starts_with("Q=")) return 0;
    double value = 0;
    const auto read = std::from_chars(text.data() + 2, text.data() + text.size(), value);
    if (read.ec != std::errc() || value < 0 || value > 1) return 0;
    return static_cast<int>(value * 1000);
}

pages::Language preferred(std::string_view accepted) {
    auto best = pages::Language::English;
    int best_quality = 0;
    while (!accepted.empty()) {
        std::string_view each = take_until(accepted, ',');
        const auto range = trimmed(take_until(each, ';'));
        const int weight = quality(each);
        const auto language = document::parse_language(range.substr(0, 2));
        const bool is_whole = range.size() == 2 || (range.size() > 2 && range[2] == '-');
        if (!language || !is_whole || weight <= best_quality) continue;
        best = *language;
        best_quality = weight;
    }
    return best;
}

}  // namespace

bool is_token(std::string_view text) noexcept {
    return text.size() == kTokenBytes && std::ranges::all_of(text, [](char c) { return is_lower_hexadecimal(c); });
}

std::string cookie(const Arrival& arrival, std::string_view name) {
    std::string found;
    for (std::string_view rest = arrival.header("cookie"); !rest.empty();) {
        std::string_view each = trimmed(take_until(rest, ';'));
        if (take_until(each, '=') != name) continue;
        if (!found.empty()) return {};  // one of them is from elsewhere
        found = each;
    }
    return found;
}

std::string session_cookie(std::string_view token) {
    return fmt::format("{}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Strict", kSessionCookie, token,
                       token.empty() ? 0 : 8 * 3600);
}

std::string language_cookie(pages::Language language) {
    return fmt::format("{}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Strict", kLanguageCookie,
                       document::language_tag(language));
}

pages::Language language_of(const Arrival& arrival, std::string_view in_query) {
    if (const auto asked = document::parse_language(in_query)) return *asked;
    if (const auto kept = document::parse_language(cookie(arrival, kLanguageCookie))) return *kept;
    return preferred(arrival.header("accept-language"));
}

bool is_prefetch(const Arrival& arrival) {
    // A picture or a frame of another page is no page that its user has asked for.
    if (const auto made_for = arrival.header("sec-fetch-dest"); !made_for.empty() && made_for != "document")
        return true;
    return std::ranges::any_of(std::array{"sec-purpose", "purpose", "x-moz"}, [&arrival](const char* name) {
        const auto value = arrival.header(name);
        return value.find("prefetch") != std::string_view::npos || value.find("prerender") != std::string_view::npos ||
               value.find("preview") != std::string_view::npos;
    });
}

bool is_from_here(const Arrival& arrival) {
    if (const auto site = arrival.header("sec-fetch-site"); !site.empty()) return site == "same-origin";
    std::string_view origin = arrival.header("origin");
    if (origin.empty()) return true;  // no browser: one always sends it with a POST
    const auto scheme = origin.find("://");
    return scheme != std::string_view::npos && origin.substr(scheme + 3) == arrival.header("host");
}

}  // namespace cenote::web
