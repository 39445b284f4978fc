// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/target.h"

#include <algorithm>

#include "resolver/base/printable.h"

namespace cenote::web {
namespace {

std::optional<unsigned> digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
    return std::nullopt;
}

bool is_control(char c) noexcept { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

/// Without its escapes; nullopt: it has a wrong one, or what is left is no text.
std::optional<std::string> decoded(std::string_view raw, bool plus_is_blank) {
    std::string text;
    text.reserve(raw.size());
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] == '%') {
            if (i + 2 >= raw.size()) return std::nullopt;
            const auto high = digit(raw[i + 1]);
            const auto low = digit(raw[i + 2]);
            if (!high || !low) return std::nullopt;
            text += static_cast<char>(*high << 4 | *low);
            i += 2;
        } else {
            text += plus_is_blank && raw[i] == '+' ? ' ' : raw[i];
        }
    }
    if (std::ranges::any_of(text, is_control) || !is_utf8(text)) return std::nullopt;
    return text;
}

std::optional<std::string> read_path(std::string_view raw) {
    if (raw == "/") return std::string(raw);
    std::string path;
    while (!raw.empty()) {
        raw.remove_prefix(1);  // the slash
        const auto end = std::min(raw.find('/'), raw.size());
        const auto part = decoded(raw.substr(0, end), false);
        raw.remove_prefix(end);
        if (!part || part->empty() || *part == "." || *part == ".." || part->find_first_of("/\\") != std::string::npos)
            return std::nullopt;
        path += '/' + *part;
    }
    return path;
}

}  // namespace

std::optional<Target> read_target(std::string_view raw) {
    if (raw.empty() || raw.front() != '/' || raw.size() > kTargetBytesMax ||
        raw.find_first_of(" #") != std::string_view::npos)
        return std::nullopt;
    const auto mark = std::min(raw.find('?'), raw.size());
    auto path = read_path(raw.substr(0, mark));
    if (!path) return std::nullopt;
    Target target{std::move(*path), {}};
    std::size_t count = 0;
    for (std::string_view rest = raw.substr(std::min(mark + 1, raw.size())); !rest.empty();) {
        const auto end = std::min(rest.find('&'), rest.size());
        const auto each = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (each.empty()) continue;
        const auto equals = std::min(each.find('='), each.size());
        const auto name = decoded(each.substr(0, equals), true);
        auto value = decoded(each.substr(std::min(equals + 1, each.size())), true);
        if (!name || !value || name->empty() || ++count > kParametersMax) return std::nullopt;
        target.query.try_emplace(*name, std::move(*value));
    }
    return target;
}

}  // namespace cenote::web
