// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/values.h"

#include <algorithm>
#include <array>

namespace cenote::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTlsPort = 853;  // RFC 7858 §3.1

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
        const auto checked = wire::read_name({std::string(name), text.place}, wire::NameUse::Single, diagnostics);
        return checked ? std::optional(upstream::ServerAddress{*address, checked->to_string()}) : std::nullopt;
    }
    diagnostics.error(text.place, fmt::format("'{}' is no server; write tls://IP[:PORT]#NAME, where NAME is what its "
                                              "certificate is checked for",
                                              text.value));
    return std::nullopt;
}

}  // namespace

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

void warn_of_port_without_brackets(const TomlText& text, Diagnostics& diagnostics) {
    constexpr std::array<std::string_view, 5> kPorts{"53", "853", "443", "5353", "5300"};
    const std::string_view address = text.value;
    const auto colon = address.rfind(':');
    const auto whole = IpAddress::parse(address);
    if (!whole || whole->is_v4() || std::ranges::find(kPorts, address.substr(colon + 1)) == kPorts.end() ||
        !IpAddress::parse(address.substr(0, colon)))
        return;
    diagnostics.warning(text.place, fmt::format("'{}' is an address without a port; for port {} of {} write [{}]:{}, "
                                                "for this address [{}]:53",
                                                address, address.substr(colon + 1), address.substr(0, colon),
                                                address.substr(0, colon), address.substr(colon + 1), address));
}

std::optional<upstream::ServerAddress> to_server(const TomlText& text, Diagnostics& diagnostics) {
    constexpr std::string_view kTls = "tls://";
    if (text.value.starts_with(kTls))
        return to_tls_server(text, std::string_view(text.value).substr(kTls.size()), diagnostics);
    const auto address = SocketAddress::parse(text.value, kDnsPort);
    if (address && address->port != 0) {
        if (!check_destination(text, *address, diagnostics)) return std::nullopt;
        warn_of_port_without_brackets(text, diagnostics);
        return upstream::ServerAddress{*address, {}};
    }
    diagnostics.error(text.place, fmt::format("'{}' is no server; write IP, IP:PORT, [IPv6]:PORT, tls://IP[:PORT]#NAME "
                                              "or \"system\"",
                                              text.value));
    return std::nullopt;
}

Path to_path(std::string_view text, const Path& folder) { return (folder / Path(text)).lexically_normal(); }

}  // namespace cenote::config
