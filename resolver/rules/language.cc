// SPDX-License-Identifier: Apache-2.0
#include "resolver/rules/language.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "resolver/base/letter_case.h"

namespace cenote::rules {
namespace {

constexpr std::size_t kTagMax = 35;    // RFC 5646 §4.4.1
constexpr std::size_t kSubtagMax = 8;  // RFC 5646 §2.1

/// ISO 639-1: all languages of two letters.
constexpr std::string_view kTwoLetters =
    "aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo "
    "es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka "
    "kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng "
    "nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su "
    "sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu";

/// Codes of countries that are written for their language. "kr" is also Kanuri, "se" Northern Sami, and so on: a
/// language that few write for is not meant.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kCountries{{
    {"kr", "ko"},
    {"jp", "ja"},
    {"cn", "zh"},
    {"tw", "zh"},
    {"vn", "vi"},
    {"us", "en"},
    {"gb", "en"},
    {"cz", "cs"},
    {"dk", "da"},
    {"gr", "el"},
}};

/// Subtags of one to eight letters and digits between hyphens.
bool is_tag(std::string_view text) {
    if (text.empty() || text.size() > kTagMax) return false;
    std::size_t part = 0;
    for (const char c : text) {
        if (c == '-' ? part == 0 : std::isalnum(static_cast<unsigned char>(c)) == 0) return false;
        part = c == '-' ? 0 : part + 1;
        if (part > kSubtagMax) return false;
    }
    return part > 0;
}

bool is_two_letter_language(std::string_view code) {
    for (std::size_t at = 0; at < kTwoLetters.size(); at += 3)
        if (kTwoLetters.substr(at, 2) == code) return true;
    return false;
}

}  // namespace

void check_language(std::string_view tag, const SourcePlace& place, Diagnostics& diagnostics) {
    if (is_tag(tag)) return warn_of_language(tag, place, diagnostics);
    diagnostics.error(place,
                      fmt::format("'{}' is not a language; write a tag as in \"ko\" or \"pt-BR\" (RFC 5646)", tag));
}

void warn_of_language(std::string_view tag, const SourcePlace& place, Diagnostics& diagnostics) {
    const std::string primary = fold_case(tag.substr(0, tag.find('-')));
    const auto country = std::ranges::find_if(kCountries, [&](const auto& each) { return each.first == primary; });
    if (country != kCountries.end())
        diagnostics.warning(
            place, fmt::format("'{}' is the code of a country; did you mean the language '{}'?", tag, country->second));
    else if (!is_tag(tag) || (primary.size() == 2 && !is_two_letter_language(primary)))
        diagnostics.warning(place, fmt::format("'{}' is the code of no language (ISO 639); write one as in \"ko\" or "
                                               "\"en\"",
                                               tag));
    else if (primary == tag.substr(0, primary.size()))
        return;
    else
        diagnostics.warning(place, fmt::format("languages are compared letter by letter; write '{}' as '{}'", tag,
                                               primary + std::string(tag.substr(primary.size()))));
}

}  // namespace cenote::rules
