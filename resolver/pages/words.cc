// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "resolver/base/ascii.h"
#include "resolver/base/sentence.h"
#include "resolver/charts/charts.h"

namespace cenote::pages {
namespace {

/// The names of a query that go from page to page.
constexpr std::array<std::string_view, 7> kKept{"range", "from", "to", "since", "group", "service", "directive"};

/// Values of which the pages have a word of their own; others are names, numbers and times.
std::string value_text(const Words& words, const std::string& name, const std::string& value) {
    if (name == "role" || name == "step") return words.word(name, value);
    if (name != "categories") return value;
    std::string out;
    for (std::size_t from = 0; from < value.size();) {
        const auto end = std::min(value.find(' ', from), value.size());
        out += (out.empty() ? "" : ", ") + words.word("category", value.substr(from, end - from));
        from = end + 1;
    }
    return out;
}

}  // namespace

Result<Json> rows_from(const Site& site, const std::string& verb, Json args) {
    auto rows = site.daemon.data(verb, std::move(args));
    if (rows && !rows->is_array()) return Json::array();
    return rows;
}

Words words_of(const Site& site) {
    std::string zone;
    if (const auto ping = site.daemon.data("ping")) zone = text_at(*ping, "timezone");
    return {site.request.language, policy::LocalTimes::load_or_utc(zone), look_up};
}

std::string time_text(const Words& words, WallTime at) { return words.times().show(at); }

std::string number_text(const Words& words, std::optional<std::int64_t> value) {
    return words.number(value ? Json(*value) : Json());
}

std::string change_text(const Words& words, std::optional<std::int64_t> now, std::optional<std::int64_t> before) {
    if (!now || !before) return "";
    if (*before == 0)
        return *now == 0 ? words.say("change.none") : words.say("change.new", {{"n", charts::grouped(*now)}});
    const std::int64_t permille = (*now - *before) * 1000 / *before;
    return words.say("change", {{"change", words.change(Json(permille))}, {"before", charts::grouped(*before)}});
}

std::string sentence_text(const Words& words, std::string_view prefix, const Json& sentence, const std::string& text) {
    const auto phrase = look_up(fmt::format("{}.{}", prefix, text_at(sentence, "code")), words.language());
    const Json& given = at(sentence, "values");
    if (!phrase || !given.is_object()) return words.times().shown_in(text);
    SentenceValues values;
    for (const auto& [name, value] : given.items()) {
        if (!value.is_string()) continue;
        values.emplace_back(name, value_text(words, name, value.get<std::string>()));
    }
    return words.times().shown_in(cenote::fill(*phrase, values));
}

std::string sentence_text(const Words& words, std::string_view prefix, const Json& sentences, std::size_t index,
                          const std::string& text) {
    const bool has_it = sentences.is_array() && index < sentences.size();
    return sentence_text(words, prefix, has_it ? sentences[index] : Json(), text);
}

document::Cell text_cell(std::string text, std::string link) {
    std::string plain = text;
    return {std::move(text), std::move(plain), std::move(link)};
}

document::Cell word_cell(const Words& words, std::string_view field, const std::string& plain) {
    return {words.word(field, plain), plain};
}

document::Cell number_cell(const Words& words, std::optional<std::int64_t> value, std::string link) {
    return {number_text(words, value), value ? std::to_string(*value) : std::string(), std::move(link)};
}

document::Cell time_cell(const Words& words, const Json& at) {
    return {words.time(at), at.is_string() ? at.get<std::string>() : std::string()};
}

document::Cell people_cell(const Words& words, const Json& count) {
    const auto n = number_at(count, "n");
    return {words.people(count), n ? std::to_string(*n) : std::string()};
}

std::string address_of(const Request& request, std::string_view path, Values changes) {
    std::map<std::string_view, std::string_view> query;
    for (const std::string_view name : kKept)
        if (const std::string_view value = request.value(std::string(name)); !value.empty()) query[name] = value;
    for (const auto& [name, value] : changes) query[name] = value;
    std::string out(path);
    char before = '?';
    for (const auto& [name, value] : query) {
        if (value.empty()) continue;
        out += fmt::format("{}{}={}", before, name, encoded(value));
        before = '&';
    }
    return out;
}

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

}  // namespace cenote::pages
