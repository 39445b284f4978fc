// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/toml_cure.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "resolver/base/printable.h"

namespace cenote {
namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::string_view kGeneral = "compare the line, and the one before it, with 'man cenote.toml'";

std::string_view line_of(std::string_view text, std::uint32_t number) {
    for (; number > 1; --number) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos) return {};
        text.remove_prefix(end + 1);
    }
    return text.substr(0, text.find('\n'));
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

/// The code of a line: without a comment, which begins at a '#' outside of quotes.
std::string_view without_comment(std::string_view line) {
    char quote = '\0';
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (quote != '\0' && line[i] == '\\' && quote == '"')
            ++i;
        else if (quote != '\0')
            quote = line[i] == quote ? '\0' : quote;
        else if (line[i] == '"' || line[i] == '\'')
            quote = line[i];
        else if (line[i] == '#')
            return line.substr(0, i);
    }
    return line;
}

bool has_typographic_quotes(std::string_view line) {
    return std::ranges::any_of(std::array<std::string_view, 6>{"“", "”", "„", "‘", "’", "＂"},
                               [&](std::string_view quote) { return line.find(quote) != std::string_view::npos; });
}

/// "2026-12-01T09:00+09:00" has minutes and no seconds: where they belong; npos: it is no such time.
std::size_t place_of_seconds(std::string_view value) {
    constexpr std::string_view kForm = "dddd-dd-ddTdd:dd";
    if (value.size() < kForm.size()) return std::string_view::npos;
    for (std::size_t i = 0; i < kForm.size(); ++i) {
        const bool digit = std::isdigit(static_cast<unsigned char>(value[i])) != 0;
        const bool same = value[i] == kForm[i] || (kForm[i] == 'T' && (value[i] == ' ' || value[i] == 't'));
        if (kForm[i] == 'd' ? !digit : !same) return std::string_view::npos;
    }
    return value.size() > kForm.size() && value[kForm.size()] == ':' ? std::string_view::npos : kForm.size();
}

/// A value that is neither in quotes nor a table or an array.
bool is_bare(std::string_view value) {
    return !value.empty() && std::string_view("\"'[{").find(value.front()) == std::string_view::npos;
}

std::string cure_of_value(std::string_view key, std::string_view value) {
    if (value.empty()) return fmt::format("write the value of '{}' behind '='", key);
    if (is_bare(value) && value.ends_with('"')) return "the first quote is missing; add it";
    if (const auto seconds = place_of_seconds(value); seconds != std::string_view::npos)
        return fmt::format("times have seconds: {} = {}:00{}", key, value.substr(0, seconds), value.substr(seconds));
    if (value.ends_with(',')) return "remove the comma at the end of the line";
    if (is_bare(value) && (value == "True" || value == "False" || value == "yes" || value == "no"))
        return fmt::format("write {} = true or {} = false", key, key);
    if (is_bare(value)) return fmt::format("write the text in quotes: {} = \"{}\"", key, value);
    const auto last = value.find_last_not_of(" \t}");
    if (value.front() == '{' && value.ends_with('}') && last != std::string_view::npos && value[last] == ',')
        return "remove the comma before '}'";
    if (value.front() == '"' && (value.size() == 1 || !value.ends_with('"'))) return "end the text with a quote";
    if (value.front() == '[' && !value.ends_with(']'))
        return "end the array with ']', and put commas between its texts";
    return std::string(kGeneral);
}

}  // namespace

std::string syntax_cure(std::string_view text, std::uint32_t line) {
    if (!is_utf8(text)) return "save the file as UTF-8";
    const std::string_view code = trimmed(without_comment(line_of(text, line)));
    if (has_typographic_quotes(code)) return "write straight quotes (\") in the place of typographic ones";
    if (code.starts_with('[')) {
        const std::string_view end = code.starts_with("[[") ? "]]" : "]";
        return code.ends_with(end) ? "a table of this name is there already, or another kind of it; remove one"
                                   : fmt::format("end the line with '{}'", end);
    }
    const auto equals = code.find('=');
    const auto colon = code.find(':');
    if (colon != std::string_view::npos && (equals == std::string_view::npos || colon < equals) && code.front() != '"')
        return fmt::format("write key = \"value\", not 'key: value': {} = …", trimmed(code.substr(0, colon)));
    if (equals != std::string_view::npos)
        return cure_of_value(trimmed(code.substr(0, equals)), trimmed(code.substr(equals + 1)));
    return std::string(kGeneral);
}

}  // namespace cenote
