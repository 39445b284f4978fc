// SPDX-License-Identifier: Apache-2.0
//
// Values of cenote.toml that are more than text: names, prefixes, paths, ids, words of a list. Private to config.
//
// Threads: one.   Failure: noted in `diagnostics` with the value's place; the caller gets a fallback.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/toml.h"
#include "resolver/upstream/options.h"
#include "resolver/wire/typed_name.h"

namespace cenote::config {

/// A note reports which parts of the text were removed to get the name.
std::optional<wire::Name> to_name(const TomlText& text, wire::NameUse use, Diagnostics& diagnostics);
/// Each name stands for itself and all names below it.
std::vector<wire::Name> subtrees(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);
std::vector<Prefix> prefixes(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);

/// One to 64 letters, digits, dots, hyphens and underscores: safe in a shell and as the name of a file.
std::optional<TomlText> required_id(const TomlTable& table, Diagnostics& diagnostics);

/// 0.0.0.0 or ::.
[[nodiscard]] bool is_unspecified(const IpAddress& ip);
/// A link-local IPv6 address without its link (RFC 4007 §6).
[[nodiscard]] bool lacks_zone_index(const SocketAddress& address);
/// Whether packets can be sent to the address; otherwise there is an error with the reason and the remedy.
bool check_destination(const TomlText& text, const SocketAddress& address, Diagnostics& diagnostics);

/// "192.0.2.53", "[2001:db8::53]:5353", "tls://192.0.2.53#dns.example": the name in a certificate is written as
/// A-labels.
std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics);

/// A relative path starts at the folder of the file that contains it.
Path to_path(std::string_view text, const Path& folder);

struct DurationRange {
    milliseconds lowest;
    milliseconds highest;
};
std::optional<milliseconds> duration(const TomlTable& table, std::string_view key, const DurationRange& range);
/// The same in whole seconds.
std::optional<seconds> whole_seconds(const TomlTable& table, std::string_view key, const DurationRange& range);

/// One word of a closed list; `parse` is of the module that defines them.
template <typename T>
std::optional<T> word(const TomlTable& table, std::string_view key,
                      std::optional<T> (*parse)(std::string_view) noexcept, std::string_view words) {
    const auto text = table.text(key);
    if (!text) return std::nullopt;
    auto value = parse(text->value);
    if (!value) table.error(key, fmt::format("'{}' is '{}'; write one of {}", key, text->value, words));
    return value;
}

}  // namespace cenote::config
