// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/sheet.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/charts/charts.h"

namespace cenote::pages {

using charts::escaped;

Sheet::Sheet(const Site& site, std::string nav) : words_(words_of(site)) {
    page_.title = words_.say(fmt::format("{}_page", nav));
    page_.nav = std::move(nav);
    page_.has_range = false;
}

std::string Sheet::say(std::string_view key, Values values) const { return words_.say(key, values); }

void Sheet::section(std::string id, std::string title) {
    page_.sections.push_back({.id = std::move(id), .title = std::move(title), .blocks = {}});
}

void Sheet::sentence(std::string text) { add(document::Paragraph{std::move(text)}); }

void Sheet::add(Block block) {
    if (page_.sections.empty()) section("top", "");
    page_.sections.back().blocks.push_back(std::move(block));
}

void Sheet::table(document::Table table, std::string none) {
    if (table.rows.empty())
        sentence(std::move(none));
    else
        add(std::move(table));
}

void Sheet::failed(const Error& error) {
    add(document::Points{{{say("rule.unread"), "red", error.text, ""}}});
    sentence(say("rule.unread.do"));
}

void Sheet::needs_inspect() {
    sentence(say("rule.inspect"));
    add(Offer{say("rule.inspect.do"), "inspectors = [\"GROUP\"]"});
}

document::Table new_table(const Words& words, std::string id, std::string title,
                          std::initializer_list<std::string_view> columns) {
    document::Table table{.id = std::move(id), .title = std::move(title), .columns = {}, .rows = {}, .note = ""};
    for (std::string_view column : columns) {
        const bool number = column.ends_with('#');
        if (number) column.remove_suffix(1);
        table.columns.push_back({std::string(column), words.say(fmt::format("column.{}", column)), number});
    }
    return table;
}

document::Cell count_cell(const Words& words, const Json& value, std::string link) {
    if (!value.is_number_integer()) return text_cell("–", std::move(link));
    return number_cell(words, value.get<std::int64_t>(), std::move(link));
}

std::string or_dash(std::string text) { return text.empty() ? "–" : text; }

std::string text_or_dash(const Json& json, std::string_view path) { return or_dash(text_at(json, path)); }

std::string text_input(const Sheet& sheet, const Site& site, const char* name, std::string_view label,
                       std::string_view placeholder) {
    const std::string hint =
        placeholder.empty() ? std::string() : fmt::format(" placeholder=\"{}\"", escaped(placeholder));
    return fmt::format(
        "<label><span>{}</span> <input name=\"{}\" value=\"{}\" maxlength=\"253\"{} autocomplete=\"off\"></label>\n",
        escaped(sheet.say(label)), name, escaped(site.request.value(name)), hint);
}

std::string verdict_input(const Sheet& sheet, const Site& site, std::span<const char* const> verdicts) {
    std::string out = fmt::format("<label><span>{}</span> <select name=\"verdict\">\n<option value=\"\">{}</option>\n",
                                  escaped(sheet.say("column.verdict")), escaped(sheet.say("rule.any")));
    for (const char* verdict : verdicts)
        out += fmt::format("<option value=\"{}\"{}>{}</option>\n", verdict,
                           site.request.value("verdict") == verdict ? " selected" : "",
                           escaped(sheet.words().word("verdict", verdict)));
    return out + "</select></label>\n";
}

std::string typed(std::string_view word, std::string_view placeholder) {
    const auto plain = [](char c) {
        return is_letter(c) || is_digit(c) || std::string_view("-._:/").find(c) != std::string_view::npos;
    };
    constexpr std::size_t kLongest = 253;
    const bool usable =
        !word.empty() && word.size() <= kLongest && word.front() != '-' && std::ranges::all_of(word, plain);
    return std::string(usable ? word : placeholder);
}

Result<std::string> ask_text(const Site& site, const std::string& verb, Json args) {
    const auto text = site.daemon.data(verb, std::move(args));
    if (!text) return text.error();
    return text->is_string() ? text->get<std::string>() : std::string();
}

}  // namespace cenote::pages
