// SPDX-License-Identifier: Apache-2.0
//
// Values of a TOML table that are more than text: ids, prefixes, durations within a range, one word of a list.
//
// Threads:  control plane, one thread.
// Memory:   values.
// Failure:  a Diagnostic with the place of the value; the result is then empty or lacks that value.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/toml.h"

namespace cenote {

/// The key `id`: one to 64 letters, digits, dots, hyphens and underscores, which can be typed at a shell and can name
/// a file.
std::optional<TomlText> required_id(const TomlTable& table, Diagnostics& diagnostics);

std::vector<Prefix> read_prefixes(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);

struct DurationRange {
    milliseconds lowest;
    milliseconds highest;
};
std::optional<milliseconds> read_duration(const TomlTable& table, std::string_view key, const DurationRange& range);
/// The same in whole seconds.
std::optional<seconds> read_whole_seconds(const TomlTable& table, std::string_view key, const DurationRange& range);

/// One of a few words, by the parser of the module that defines them; `words` lists them for the error.
template <typename T>
std::optional<T> read_word(const TomlTable& table, std::string_view key,
                           std::optional<T> (*parse)(std::string_view) noexcept, std::string_view words) {
    const auto text = table.text(key);
    if (!text) return std::nullopt;
    auto value = parse(text->value);
    if (!value) table.error(key, fmt::format("'{}' is '{}'; write one of {}", key, text->value, words));
    return value;
}

}  // namespace cenote
