// SPDX-License-Identifier: Apache-2.0
#include "resolver/http/acceptance.h"

#include <algorithm>

#include "resolver/base/letter_case.h"

namespace cenote::http {
namespace {

std::string_view trimmed(std::string_view text) noexcept {
    constexpr std::string_view kBlanks{" \t"};
    const std::size_t begin = text.find_first_not_of(kBlanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

/// Takes what is in front of the next `separator` off the text. One within a quoted string (RFC 9110 §5.6.4) is none.
std::string_view take_until(char separator, std::string_view& text) noexcept {
    bool quoted = false;
    std::size_t end = 0;
    for (; end < text.size() && (quoted || text[end] != separator); ++end) {
        if (text[end] == '"') quoted = !quoted;
        if (quoted && text[end] == '\\') ++end;
    }
    end = std::min(end, text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return trimmed(taken);
}

/// A weight of 0 excludes (RFC 9110 §12.4.2): "0", "0.", "0.0" to "0.000".
bool excludes(std::string_view weight) noexcept {
    return weight.starts_with('0') && weight.find_first_not_of("0.") == std::string_view::npos;
}

/// Whether the parameters of a range leave it a weight.
bool has_weight(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        const std::string_view each = take_until(';', parameters);
        if (equal_folded(each.substr(0, 2), "q=")) return !excludes(each.substr(2));
    }
    return true;
}

}  // namespace

void Acceptance::take(std::string_view field, std::string_view media_type) noexcept {
    while (!field.empty()) take_range(take_until(',', field), media_type);
}

void Acceptance::take_range(std::string_view range, std::string_view media_type) noexcept {
    std::string_view parameters = range;
    const std::string_view type = take_until(';', parameters);
    if (type.find('/') == std::string_view::npos || type.find('"') != std::string_view::npos) return;
    asked_ = true;
    const Closeness closeness = closeness_of(type, media_type);
    if (closeness == Closeness::None || closeness < closest_) return;
    wanted_ = has_weight(parameters) || (closeness == closest_ && wanted_);
    closest_ = closeness;
}

Acceptance::Closeness Acceptance::closeness_of(std::string_view range, std::string_view media_type) noexcept {
    if (equal_folded(range, media_type)) return Closeness::Itself;
    if (range == "*/*") return Closeness::Any;
    const std::size_t kind = media_type.find('/') + 1;
    const bool of_kind = range.size() == kind + 1 && range.back() == '*' &&
                         equal_folded(range.substr(0, kind), media_type.substr(0, kind));
    return of_kind ? Closeness::SameKind : Closeness::None;
}

}  // namespace cenote::http
