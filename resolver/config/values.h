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

/// What was taken off the text to get at the name is a note.
std::optional<wire::Name> to_name(const TomlText& text, wire::NameUse use, Diagnostics& diagnostics);
/// Names that stand for themselves and all below them.
std::vector<wire::Name> subtrees(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);
std::vector<Prefix> prefixes(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);

/// One to 64 letters, digits, dots, hyphens and underscores: what can be typed at a shell and can name a file.
std::optional<TomlText> required_id(const TomlTable& table, Diagnostics& diagnostics);

/// 0.0.0.0 or ::.
[[nodiscard]] bool is_unspecified(const IpAddress& ip);
/// A link-local IPv6 address that does not say on which link (RFC 4007 §6).
[[nodiscard]] bool lacks_zone_index(const SocketAddress& address);
/// Whether packets can be sent to the address; if not, the error says why and what to write instead.
bool check_destination(const TomlText& text, const SocketAddress& address, Diagnostics& diagnostics);

/// "192.0.2.53", "[2001:db8::53]:5353", "tls://192.0.2.53#dns.example": names of certificates are A-labels.
std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics);

/// Relative paths start at the folder of the file they stand in.
Path to_path(std::string_view text, const Path& folder);

struct DurationRange {
    milliseconds lowest;
    milliseconds highest;
};
std::optional<milliseconds> duration(const TomlTable& table, std::string_view key, const DurationRange& range);
/// The same in whole seconds.
std::optional<seconds> whole_seconds(const TomlTable& table, std::string_view key, const DurationRange& range);

/// One of a few words, by the parser of the module that knows them.
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
