// SPDX-License-Identifier: Apache-2.0
#include "resolver/config/values.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "resolver/base/ascii.h"

namespace cenote::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::size_t kSecretFileMax = 4096;
constexpr std::uint16_t kTlsPort = 853;    // RFC 7858 §3.1
constexpr std::uint16_t kHttpsPort = 443;  // RFC 8484 §4
constexpr std::size_t kHttpsPathMax = 255;

/// An Error, which follows the address in a sentence, where no packet can be sent to it.
Status check_is_destination(const SocketAddress& address) {
    const auto& octets = address.ip.octets();
    if (address.ip.is_unspecified())  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.2
        return Error{"is no destination: it stands for all addresses of a machine; write the server's own address"};
    if (address.ip.is_v4() ? octets[12] >= 224 : octets[0] == 0xff)  // multicast, reserved, broadcast
        return Error{"is not the address of one server; write the server's own address"};
    if (lacks_zone_index(address))  // RFC 4007 §6
        return Error{
            "is a link-local address, which means nothing without its link; add the interface, as in fe80::1%eth0"};
    return Done{};
}

/// A server whose certificate is checked for `name`.
std::optional<upstream::ServerAddress> to_named_server(const TomlText& text, const SocketAddress& address,
                                                       std::string_view name, Diagnostics& diagnostics) {
    if (!check_destination(text, address, diagnostics)) return std::nullopt;
    if (IpAddress::parse(name)) return upstream::ServerAddress{address, std::string(name)};
    const auto checked = wire::read_name({std::string(name), text.place}, wire::NameUse::Single, diagnostics);
    return checked ? std::optional(upstream::ServerAddress{address, checked->to_string()}) : std::nullopt;
}

std::optional<upstream::ServerAddress> to_tls_server(const TomlText& text, std::string_view rest,
                                                     Diagnostics& diagnostics) {
    const auto hash = rest.find('#');
    const auto address = SocketAddress::parse(rest.substr(0, hash), kTlsPort);
    const std::string_view name = hash == std::string_view::npos ? std::string_view{} : rest.substr(hash + 1);
    if (address && address->port != 0 && !name.empty()) return to_named_server(text, *address, name, diagnostics);
    diagnostics.error(text.place, fmt::format("'{}' is no server; write tls://IP[:PORT]#NAME, where NAME is what its "
                                              "certificate is checked for",
                                              text.value));
    return std::nullopt;
}

/// What is wrong with the path and query of a URI (RFC 3986 §3.3, §3.4), and the remedy; empty: nothing is.
std::string_view fault_of_path(std::string_view path) noexcept {
    constexpr std::string_view kMarks{"/-._~!$&'()*+,;=:@?"};
    if (path.size() > kHttpsPathMax) return "has a path of more than 255 characters; no server has one as long";
    for (std::size_t i = 0; i < path.size(); ++i) {
        const char c = path[i];
        if (c == '{' || c == '}') return "has a template as path; leave out the part in braces, as in /dns-query";
        const bool escape =
            c == '%' && path.size() - i > 2 && is_hexadecimal(path[i + 1]) && is_hexadecimal(path[i + 2]);
        if (!escape && !is_letter(c) && !is_digit(c) && kMarks.find(c) == std::string_view::npos)
            return "has a character in its path that a URI may not have there; write it as %XX, two hexadecimal digits";
    }
    return {};
}

/// "dns.example" or "dns.example:8443".
bool is_host_name(std::string_view host) {
    const std::string_view name = host.substr(0, host.find(':'));
    return std::ranges::any_of(name, is_letter) && std::ranges::count(host, ':') < 2 && wire::Name::parse(name);
}

/// `rest` is what follows "https://": IP[:PORT]/PATH#NAME.
std::optional<upstream::ServerAddress> to_https_server(const TomlText& text, std::string_view rest,
                                                       Diagnostics& diagnostics) {
    const auto refuse = [&](std::string_view what) {
        diagnostics.error(text.place, fmt::format("'{}' {}", text.value, what));
        return std::nullopt;
    };
    constexpr std::string_view kForm{
        "is no server; write https://IP[:PORT]/PATH#NAME, where NAME is what its certificate is checked for"};
    const auto hash = rest.find('#');
    const std::string_view before = rest.substr(0, hash);
    const std::string_view host = before.substr(0, before.find('/'));
    const std::string_view path = before.substr(host.size());
    const std::string_view name = hash == std::string_view::npos ? std::string_view{} : rest.substr(hash + 1);
    const auto address = SocketAddress::parse(host, kHttpsPort);
    if (!address && is_host_name(host))
        return refuse(
            fmt::format("has a name in the place of its address, which would have to be resolved first; write "
                        "https://IP{}#{}",
                        path.empty() ? "/dns-query" : path, name.empty() ? host.substr(0, host.find(':')) : name));
    if (!address || address->port == 0 || name.empty()) return refuse(kForm);
    if (path.empty()) return refuse("has no path; most servers have /dns-query");
    if (const std::string_view fault = fault_of_path(path); !fault.empty()) return refuse(fault);
    auto server = to_named_server(text, *address, name, diagnostics);
    if (server) server->https_path = path;
    return server;
}

}  // namespace

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
    constexpr std::string_view kHttps = "https://";
    if (text.value.starts_with(kTls))
        return to_tls_server(text, std::string_view(text.value).substr(kTls.size()), diagnostics);
    if (text.value.starts_with(kHttps))
        return to_https_server(text, std::string_view(text.value).substr(kHttps.size()), diagnostics);
    const auto address = SocketAddress::parse(text.value, kDnsPort);
    if (address && address->port != 0) {
        if (!check_destination(text, *address, diagnostics)) return std::nullopt;
        warn_of_port_without_brackets(text, diagnostics);
        return upstream::ServerAddress{*address, {}};
    }
    diagnostics.error(text.place,
                      fmt::format("'{}' is no server; write IP, IP:PORT, [IPv6]:PORT, tls://IP[:PORT]#NAME, "
                                  "https://IP[:PORT]/PATH#NAME or \"system\"",
                                  text.value));
    return std::nullopt;
}

std::optional<std::string> read_secret_file(const TomlText& file, const Path& path, Diagnostics& diagnostics) {
    auto text = read_file(path, kSecretFileMax);
    if (!text) {
        diagnostics.error(file.place, text.error().text);
        return std::nullopt;
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0 && (info.st_mode & S_IROTH) != 0)
        diagnostics.warning(file.place,
                            fmt::format("every user of this host can read {}; chmod 0640 it", path.string()));
    return *std::move(text);
}

Path to_path(std::string_view text, const Path& folder) { return (folder / Path(text)).lexically_normal(); }

}  // namespace cenote::config
