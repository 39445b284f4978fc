// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/values.h"

#include <algorithm>

#include "resolver/base/time_text.h"

namespace cenote::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTlsPort = 853;  // RFC 7858 §3.1
constexpr std::size_t kIdBytesMax = 64;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

/// An id is also used as the name of a file.
bool is_id(std::string_view text) {
    return !text.empty() && text.size() <= kIdBytesMax && is_letter_or_digit(text.front()) &&
           std::all_of(text.begin(), text.end(),
                       [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

/// An Error, which follows the address in a sentence, where no packet can be sent to it.
Status check_is_destination(const SocketAddress& address) {
    const auto& octets = address.ip.octets();
    if (is_unspecified(address.ip))  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.2
        return Error{"is no destination: it stands for all addresses of a machine; write the server's own address"};
    if (address.ip.is_v4() ? octets[12] >= 224 : octets[0] == 0xff)  // multicast, reserved, broadcast
        return Error{"is not the address of one server; write the server's own address"};
    if (lacks_zone_index(address))  // RFC 4007 §6
        return Error{
            "is a link-local address, which means nothing without its link; add the interface, as in fe80::1%eth0"};
    return Done{};
}

std::optional<upstream::ServerAddress> to_tls_server(const TomlText& text, std::string_view rest,
                                                     Diagnostics& diagnostics) {
    const auto hash = rest.find('#');
    const auto address = SocketAddress::parse(rest.substr(0, hash), kTlsPort);
    const std::string_view name = hash == std::string_view::npos ? std::string_view{} : rest.substr(hash + 1);
    if (address && address->port != 0 && !name.empty()) {
        if (!check_destination(text, *address, diagnostics)) return std::nullopt;
        if (IpAddress::parse(name)) return upstream::ServerAddress{*address, std::string(name)};
        const auto checked = to_name({std::string(name), text.place}, wire::NameUse::Single, diagnostics);
        return checked ? std::optional(upstream::ServerAddress{*address, checked->to_string()}) : std::nullopt;
    }
    diagnostics.error(text.place, fmt::format("'{}' is no server; write tls://IP[:PORT]#NAME, where NAME is what its "
                                              "certificate is checked for",
                                              text.value));
    return std::nullopt;
}

}  // namespace

std::optional<wire::Name> to_name(const TomlText& text, wire::NameUse use, Diagnostics& diagnostics) {
    auto typed = wire::parse_typed_name(text.value, use);
    if (!typed) {
        diagnostics.error(text.place, std::move(typed).error().text);
        return std::nullopt;
    }
    if (!typed->note.empty()) diagnostics.note(text.place, std::move(typed->note));
    return typed->name;
}

std::vector<wire::Name> subtrees(const TomlTable& table, std::string_view key, Diagnostics& diagnostics) {
    std::vector<wire::Name> names;
    for (const auto& text : table.texts(key))
        if (auto name = to_name(text, wire::NameUse::Subtree, diagnostics)) names.push_back(*name);
    return names;
}

std::vector<Prefix> prefixes(const TomlTable& table, std::string_view key, Diagnostics& diagnostics) {
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

bool is_unspecified(const IpAddress& ip) { return ip == IpAddress{} || ip == IpAddress::v4({0, 0, 0, 0}); }

bool lacks_zone_index(const SocketAddress& address) {
    const auto& octets = address.ip.octets();
    return octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80 && address.scope_id == 0;  // fe80::/10, RFC 4291 §2.5.6
}

bool check_destination(const TomlText& text, const SocketAddress& address, Diagnostics& diagnostics) {
    const auto checked = check_is_destination(address);
    if (!checked) diagnostics.error(text.place, fmt::format("'{}' {}", text.value, checked.error().text));
    return checked.ok();
}

std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics) {
    constexpr std::string_view kTls = "tls://";
    if (text.value.starts_with(kTls))
        return to_tls_server(text, std::string_view(text.value).substr(kTls.size()), diagnostics);
    const auto address = SocketAddress::parse(text.value, kDnsPort);
    if (address && address->port != 0) {
        if (!check_destination(text, *address, diagnostics)) return std::nullopt;
        return upstream::ServerAddress{*address, {}};
    }
    diagnostics.error(text.place, fmt::format("'{}' is no server; write IP, IP:PORT, [IPv6]:PORT, tls://IP[:PORT]#NAME "
                                              "or \"system\"",
                                              text.value));
    return std::nullopt;
}

Path to_path(std::string_view text, const Path& folder) { return (folder / Path(text)).lexically_normal(); }

std::optional<milliseconds> duration(const TomlTable& table, std::string_view key, const DurationRange& range) {
    const auto value = table.duration(key);
    if (!value || (*value >= range.lowest && *value <= range.highest)) return value;
    table.error(key, fmt::format("'{}' is {}; write {} to {}", key, format_duration(*value),
                                 format_duration(range.lowest), format_duration(range.highest)));
    return std::nullopt;
}

std::optional<seconds> whole_seconds(const TomlTable& table, std::string_view key, const DurationRange& range) {
    const auto value = duration(table, key, range);
    if (!value) return std::nullopt;
    if (value->count() % 1000 == 0) return std::chrono::duration_cast<seconds>(*value);
    table.error(key, fmt::format("'{}' is {}; write whole seconds", key, format_duration(*value)));
    return std::nullopt;
}

}  // namespace cenote::config
