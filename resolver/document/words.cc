// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/words.h"

#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/charts/charts.h"
#include "resolver/document/members.h"
#include "resolver/policy/phrases.h"

namespace cenote::document {
namespace {

constexpr std::string_view kNothing = "–";

/// "12.3", of tenths.
std::string tenths(std::int64_t value) {
    const std::int64_t size = value < 0 ? -value : value;
    return fmt::format("{}{}.{}", value < 0 ? "−" : "", charts::grouped(size / 10), size % 10);
}

}  // namespace

std::string Words::say(std::string_view key, Values values) const {
    return policy::fill(find_(key, language_).value_or(key), values);
}

std::string Words::word(std::string_view field, std::string_view value) const {
    if (value.empty()) return std::string(kNothing);
    const auto found = find_(fmt::format("{}.{}", field, value), language_);
    return std::string(found.value_or(value));
}

std::string Words::title(const Json& texts) const {
    if (texts.is_string()) return texts.get<std::string>();
    if (!texts.is_object() || texts.empty()) return std::string(kNothing);
    for (const std::string_view tag : {language_tag(language_), std::string_view("en")})
        if (const std::string text = text_at(texts, tag); !text.empty()) return text;
    return texts.begin()->is_string() ? texts.begin()->get<std::string>() : std::string(kNothing);
}

std::string Words::group(const Json& id) const {
    if (!id.is_string()) return std::string(kNothing);
    const auto text = id.get<std::string>();
    return text.empty() ? say("no_group") : text;
}

std::string Words::number(const Json& value) const {
    if (!value.is_number_integer()) return say("not_counted");
    return charts::grouped(value.get<std::int64_t>());
}

std::string Words::share(const Json& value) const {
    if (!value.is_number_integer()) return say("not_counted");
    return tenths(value.get<std::int64_t>()) + "%";
}

std::string Words::change(const Json& value) const {
    const std::string text = share(value);
    return value.is_number_integer() && value.get<std::int64_t>() > 0 ? "+" + text : text;
}

std::string Words::milli(const Json& value) const {
    if (!value.is_number_integer()) return people(value);
    const auto whole = value.get<std::int64_t>();
    return tenths(whole < 0 ? (whole - 50) / 100 : (whole + 50) / 100);
}

std::string Words::people(const Json& value) const {
    if (value.is_number_integer()) return number(value);
    if (const auto n = number_at(value, "n")) return charts::grouped(*n);
    if (const auto limit = number_at(value, "fewer_than")) return fmt::format("<{}", *limit);
    return say(at(value, "hidden").is_boolean() ? "hidden" : "not_counted");
}

std::string Words::estimate(const Json& value) const {
    const auto low = number_at(value, "low");
    const auto high = number_at(value, "high");
    if (!number_at(value, "n") || !low || !high || *low == *high) return people(value);
    return say("estimate", {{"n", people(value)}, {"low", charts::grouped(*low)}, {"high", charts::grouped(*high)}});
}

std::string Words::time(const Json& value) const {
    if (!value.is_string()) return std::string(kNothing);
    const auto read = parse_time(value.get<std::string>());
    return read ? times_.show(*read) : value.get<std::string>();
}

std::string Words::span(const Json& value) const {
    if (!value.is_number_integer()) return std::string(kNothing);
    const auto all = value.get<std::int64_t>();
    struct Unit {
        std::int64_t seconds;
        std::string_view key;
    };
    std::string text;
    std::int64_t left = all;
    for (const Unit unit : {Unit{86400, "days"}, Unit{3600, "hours"}, Unit{60, "minutes"}, Unit{1, "seconds"}}) {
        const std::int64_t count = left / unit.seconds;
        left %= unit.seconds;
        if (count == 0 && !(all == 0 && unit.seconds == 1)) continue;
        if (!text.empty()) text += ' ';
        text += say(unit.key, {{"n", charts::grouped(count)}});
    }
    return text;
}

std::string Words::list(const Json& items) const {
    if (items.is_string()) return items.get<std::string>();
    std::string text;
    if (!items.is_array()) return std::string(kNothing);
    for (const Json& item : items) {
        if (!text.empty()) text += ", ";
        text += item.is_string() ? item.get<std::string>() : item.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    return text.empty() ? std::string(kNothing) : text;
}

}  // namespace cenote::document
