// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/toml_values.h"

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/base/time_text.h"

namespace cenote {
namespace {

constexpr std::size_t kIdBytesMax = 64;

bool is_letter_or_digit(char c) { return is_letter(c) || is_digit(c); }

/// Ids also name files.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax && is_letter_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

std::vector<Prefix> read_prefixes(const TomlTable& table, std::string_view key, Diagnostics& diagnostics) {
    std::vector<Prefix> prefixes;
    for (const auto& text : table.texts(key)) {
        if (auto prefix = Prefix::parse(text.value))
            prefixes.push_back(*prefix);
        else
            diagnostics.error(text.place,
                              fmt::format("'{}' is not an address prefix; write it as in \"10.20.0.0/16\" or "
                                          "\"2001:db8::/48\", with zero bits behind the length",
                                          text.value));
    }
    return prefixes;
}

std::optional<TomlText> required_id(const TomlTable& table, Diagnostics& diagnostics) {
    auto id = table.required_text("id");
    if (!id || is_id(id->value)) return id;
    diagnostics.error(
        id->place,
        fmt::format("'{}' is not an id; write 1 to {} letters, digits, '.', '-' and '_', a letter or digit first",
                    id->value, kIdBytesMax));
    return std::nullopt;
}

std::optional<milliseconds> read_duration(const TomlTable& table, std::string_view key, const DurationRange& range) {
    const auto value = table.duration(key);
    if (!value || (*value >= range.lowest && *value <= range.highest)) return value;
    table.error(key, fmt::format("'{}' is {}; write {} to {}", key, format_duration(*value),
                                 format_duration(range.lowest), format_duration(range.highest)));
    return std::nullopt;
}

std::optional<seconds> read_whole_seconds(const TomlTable& table, std::string_view key, const DurationRange& range) {
    const auto value = read_duration(table, key, range);
    if (!value) return std::nullopt;
    if (value->count() % 1000 == 0) return std::chrono::duration_cast<seconds>(*value);
    table.error(key, fmt::format("'{}' is {}; write whole seconds", key, format_duration(*value)));
    return std::nullopt;
}

}  // namespace cenote
