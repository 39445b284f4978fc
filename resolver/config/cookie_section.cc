// SPDX-License-Identifier: Apache-2.0
//
// The cookies of [limits]: whether those of clients are answered, and required; the secrets of the servers behind one
// address.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr std::size_t kSecretsMax = 4;
constexpr const char* kMake = "write one with 'openssl rand -hex 16', the same for every server behind the address";

std::optional<wire::CookieSecret> parse_secret(std::string_view line) {
    wire::CookieSecret secret{};
    if (line.size() != 2 * secret.size()) return std::nullopt;
    for (std::size_t i = 0; i < secret.size(); ++i) {
        const char* const digits = &line[2 * i];
        const auto [end, error] = std::from_chars(digits, digits + 2, secret[i], 16);
        if (error != std::errc() || end != digits + 2) return std::nullopt;
    }
    return secret;
}

/// A secret a line, as unbound and NSD have them too: the first one makes cookies.
void read_secrets(const TomlText& file, Draft& draft) {
    const Path path = to_path(file.value, draft.folder);
    const auto text = read_secret_file(file, path, draft.diagnostics);
    if (!text) return;
    auto& secrets = draft.settings.cookie_secrets;
    std::size_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
        std::string_view line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        ++number;
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
        if (line.empty()) continue;
        const auto secret = parse_secret(line);
        if (!secret)
            return draft.diagnostics.error(
                file.place,
                fmt::format("line {} of {} is no secret of 32 hexadecimal digits; {}", number, path.string(), kMake));
        secrets.push_back(*secret);
    }
    if (secrets.empty() || secrets.size() > kSecretsMax)
        draft.diagnostics.error(file.place,
                                fmt::format("{} has {} secrets, a line each; it must have one to {}, the one "
                                            "that makes cookies first; {}",
                                            path.string(), secrets.size(), kSecretsMax, kMake));
}

}  // namespace

void read_cookies(const TomlTable& limits, Draft& draft) {
    if (const auto cookies = limits.boolean("cookies")) draft.settings.cookies = *cookies;
    if (const auto required = limits.boolean("require_cookies")) draft.settings.require_cookies = *required;
    if (draft.settings.require_cookies && !draft.settings.cookies)
        limits.error("require_cookies", "no client gets a cookie while 'cookies' is false; remove one of the two");
    const auto file = limits.text("cookie_secret_file");
    if (!file || file->value.empty()) return;
    if (!draft.settings.cookies)
        return limits.error("cookie_secret_file",
                            "the secret is of no use while 'cookies' is false; remove one of the two");
    read_secrets(*file, draft);
}

}  // namespace cenote::config
