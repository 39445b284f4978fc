// SPDX-License-Identifier: Apache-2.0
//
// [server], [limits], [control], [cache].
#include <fmt/format.h>
#include <grp.h>

#include <algorithm>
#include <cerrno>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"
#include "resolver/relay/relay.h"

namespace cenote::config {
namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr std::uint16_t kTlsPort = 853;    // RFC 7858 §3.1
constexpr std::uint16_t kQuicPort = 853;   // RFC 9250 §4.1.1
constexpr std::uint16_t kHttpsPort = 443;  // RFC 9110 §4.2.2
constexpr std::uint16_t kH2cPort = 80;     // RFC 9110 §4.2.1
constexpr std::uint64_t kCacheBytesMin = 1ULL << 20;
constexpr std::uint64_t kCacheBytesMax = 1ULL << 40;
constexpr std::int64_t kRateMax = 1'000'000;  // queries a second

std::optional<engine::WithoutSet> parse_without_set(std::string_view text) noexcept {
    if (text == "servfail") return engine::WithoutSet::ServFail;
    if (text == "forward") return engine::WithoutSet::Forward;
    return std::nullopt;
}

void read_node(const TomlTable& server, Draft& draft) {
    const auto node = server.text("node");
    if (!node) return;
    // The node is the MNAME of every sinkhole SOA, so it must be a domain name. Ids begin with it, so its case is kept.
    const auto name = wire::read_name(*node, wire::NameUse::Single, draft.diagnostics);
    if (!name) return;
    const std::string folded = name->to_string();
    const bool other_case = node->value.size() == folded.size() && wire::Name::parse(node->value) == name;
    draft.settings.node = other_case ? node->value : folded;
}

/// Whether another endpoint has the port: TLS and QUIC may have the same one, over TCP and UDP.
bool is_taken(const server::Endpoint& endpoint, const std::vector<server::Endpoint>& listen) {
    return endpoint.address.port != 0 && std::ranges::any_of(listen, [&endpoint](const server::Endpoint& other) {
               return other.address == endpoint.address &&
                      is_datagram(other.protocol) == is_datagram(endpoint.protocol);
           });
}

/// An address to listen on; nullopt: it is none, or taken by another endpoint.
std::optional<SocketAddress> read_endpoint(const TomlText& text, server::Protocol protocol, std::uint16_t port,
                                           Draft& draft) {
    const auto address = SocketAddress::parse(text.value, port);
    warn_of_port_without_brackets(text, draft.diagnostics);
    if (!address)
        draft.diagnostics.error(text.place, fmt::format("'{}' is not an address to listen on; write IP:PORT or "
                                                        "[IPv6]:PORT",
                                                        text.value));
    else if (lacks_zone_index(*address))  // RFC 4007 §6
        draft.diagnostics.error(text.place, fmt::format("'{}' is a link-local address, which means nothing without "
                                                        "its link; add the interface, as in [fe80::1%eth0]:{}",
                                                        text.value, port));
    else if (is_taken({*address, protocol}, draft.settings.server.listen))
        draft.diagnostics.error(text.place, fmt::format("'{}' is listed twice; remove one", text.value));
    else
        return address;
    return std::nullopt;
}

void read_listen(const TomlTable& server, Draft& draft) {
    if (!server.has("listen")) return;
    draft.settings.server.listen.clear();
    draft.listen = server.texts("listen");
    for (const auto& text : draft.listen)
        if (const auto address = read_endpoint(text, server::Protocol::Udp, kDnsPort, draft))
            server::add_udp_and_tcp(draft.settings.server.listen, *address);
    if (draft.listen.empty()) server.error("listen", "'listen' is empty; name at least one address");
}

/// The endpoints of a protocol that has a port of its own; to be called after read_listen(). Returns how many it names.
std::size_t read_endpoints(const TomlTable& server, std::string_view key, server::Protocol protocol, std::uint16_t port,
                           Draft& draft) {
    const auto texts = server.texts(key);
    for (const auto& text : texts) {
        const auto address = read_endpoint(text, protocol, port, draft);
        if (!address) continue;
        draft.settings.server.listen.push_back({*address, protocol});
        draft.listen.push_back(text);
        draft.listen.back().value = address->to_string();  // with the port that is meant
    }
    const bool lacks_certificate = is_encrypted(protocol) && draft.settings.tls.certificate.empty();
    if (!texts.empty() && lacks_certificate)
        server.error(key, fmt::format("'{}' needs a certificate; name its files in [server.tls], as 'certificate' and "
                                      "'key'",
                                      key));
    return texts.size();
}

void read_quic(const TomlTable& server, Draft& draft) {
    const std::size_t named = read_endpoints(server, "listen_quic", server::Protocol::Quic, kQuicPort, draft);
    if (named == 0) return;
    if (named > relay::kSocketsMax)
        server.error("listen_quic",
                     fmt::format("'listen_quic' has more than {} addresses; use 0.0.0.0 or [::]", relay::kSocketsMax));
    const TlsClientSettings& clients = draft.settings.tls.clients;
    if (!clients.authorities.empty() && clients.asked == loop::ClientCertificates::Required)
        server.error("listen_quic",
                     "clients are asked for no certificate over QUIC, so client_certificates = \"required\" would not "
                     "hold there; remove 'listen_quic', or make certificates optional");
}

void read_encrypted(const TomlTable& server, Draft& draft) {
    read_endpoints(server, "listen_tls", server::Protocol::Tls, kTlsPort, draft);
    read_endpoints(server, "listen_https", server::Protocol::Https, kHttpsPort, draft);
    read_quic(server, draft);
    const bool behind_proxy = read_endpoints(server, "listen_h2c", server::Protocol::H2c, kH2cPort, draft);
    if (behind_proxy && server.texts("proxies").empty())
        server.error("listen_h2c", "'listen_h2c' is served to proxies alone; name their prefixes as 'proxies'");
}

void read_proxies(const TomlTable& server, Draft& draft) {
    if (!server.has("proxies")) return;
    draft.settings.server.proxies = read_prefixes(server, "proxies", draft.diagnostics);
    const auto covers_all = [](const Prefix& prefix) { return prefix.length() == 0; };
    if (std::ranges::any_of(draft.settings.server.proxies, covers_all))
        server.error("proxies",
                     "a prefix of length 0 makes a proxy of every client, which could then take any address for its "
                     "own; name the addresses of the proxies alone");
}

std::optional<xdp::Mode> parse_xdp_mode(std::string_view text) noexcept {
    if (text == "auto") return xdp::Mode::Auto;
    if (text == "copy") return xdp::Mode::Copy;
    if (text == "generic") return xdp::Mode::Generic;
    return std::nullopt;
}

/// Whether the kernel would take it for the name of an interface.
bool is_interface_name(std::string_view name) {
    return !name.empty() && name.size() <= xdp::kInterfaceNameMax && name != "." && name != ".." &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '/' && c != ':'; });
}

void read_xdp(const TomlTable& server, Draft& draft) {
    xdp::Options& options = draft.settings.server.xdp;
    for (const auto& text : server.texts("xdp")) {
        if (!is_interface_name(text.value))
            draft.diagnostics.error(text.place,
                                    fmt::format("'{}' is not the name of an interface; write it as 'ip link' "
                                                "shows it, as in \"eth0\"",
                                                text.value));
        else if (std::ranges::find(options.interfaces, text.value) != options.interfaces.end())
            draft.diagnostics.error(text.place, fmt::format("'{}' is listed twice; remove one", text.value));
        else
            options.interfaces.push_back(text.value);
    }
    if (options.interfaces.size() > xdp::kInterfacesMax)
        server.error("xdp", fmt::format("'xdp' has more than {} interfaces; name those with the most queries",
                                        xdp::kInterfacesMax));
    if (const auto mode = read_word(server, "xdp_mode", parse_xdp_mode, "auto, copy, generic")) options.mode = *mode;
}

std::optional<loop::ClientCertificates> parse_client_certificates(std::string_view text) noexcept {
    if (text == "none") return loop::ClientCertificates::None;
    if (text == "optional") return loop::ClientCertificates::Optional;
    if (text == "required") return loop::ClientCertificates::Required;
    return std::nullopt;
}

/// client_ca, client_crl, client_certificates.
void read_tls_clients(const TomlTable& table, Draft& draft) {
    TlsClientSettings& clients = draft.settings.tls.clients;
    const auto path_of = [&](std::string_view key) {
        const auto text = table.text(key);
        return text && !text->value.empty() ? to_path(text->value, draft.folder) : Path();
    };
    clients.authorities = path_of("client_ca");
    clients.revoked = path_of("client_crl");
    const auto asked = read_word(table, "client_certificates", parse_client_certificates, "none, optional, required");
    if (asked) clients.asked = *asked;
    if (!clients.authorities.empty()) return;
    if (!clients.revoked.empty())
        table.error("client_crl", "'client_crl' needs the authority of the certificates; name its file as 'client_ca'");
    if (asked && *asked != loop::ClientCertificates::None)
        table.error("client_certificates",
                    "certificates of clients are checked by their authority; name its file as 'client_ca'");
}

/// It is one character-string of a RESINFO record, with its key before it.
void read_info_url(const TomlTable& table, TlsSettings& tls) {
    constexpr std::size_t kLongest = 255 - std::string_view("infourl=").size();
    const auto url = table.text("info_url");
    if (!url) return;
    const bool plain = std::ranges::all_of(url->value, [](char c) { return c > ' ' && c < '\x7f'; });
    if (url->value.starts_with("https://") && url->value.size() > 8 && plain && url->value.size() <= kLongest)
        tls.info_url = url->value;
    else
        table.error("info_url", fmt::format("'{}' is not the address of a page for clients, which must begin with "
                                            "https:// (RFC 9606 §5); write it without blanks, in at most {} characters",
                                            url->value, kLongest));
}

void read_tls(const TomlTable& server, Draft& draft) {
    const auto table = server.table("tls");
    if (!table) return;
    TlsSettings& tls = draft.settings.tls;
    if (const auto text = table->text("name"))
        if (const auto name = wire::read_name(*text, wire::NameUse::Single, draft.diagnostics))
            tls.name = name->to_string();
    read_tls_clients(*table, draft);
    read_info_url(*table, tls);
    const auto certificate = table->text("certificate");
    const auto key = table->text("key");
    if (certificate.has_value() != key.has_value())
        return table->error(certificate ? "certificate" : "key",
                            certificate ? "a certificate needs its key; name the file as 'key'"
                                        : "a key needs its certificate; name the file as 'certificate'");
    if (!certificate) return;
    tls.certificate = to_path(certificate->value, draft.folder);
    tls.key = to_path(key->value, draft.folder);
}

void read_timezone(const TomlTable& server, Draft& draft) {
    const auto zone = server.text("timezone");
    if (!zone) return;
    std::error_code ignored;
    const bool plain =
        !zone->value.empty() && zone->value.front() != '/' && zone->value.find("..") == std::string::npos;
    if (plain && std::filesystem::is_regular_file(Path("/usr/share/zoneinfo") / zone->value, ignored))
        draft.timezone = zone->value;
    else
        server.error("timezone",
                     fmt::format("'{}' is not a time zone of this host; write one as in \"Asia/Seoul\"", zone->value));
}

/// Threads for secondary zones read the configuration too, so static memory must not be used here.
bool is_unix_group(const std::string& name) {
    std::vector<char> space(1024);
    group entry{};
    group* found = nullptr;
    while (::getgrnam_r(name.c_str(), &entry, space.data(), space.size(), &found) == ERANGE)
        space.resize(space.size() * 2);
    return found != nullptr;
}

/// A group that does not exist grants no right, although the file reads as if it did: hence the warning.
std::vector<std::string> unix_groups(const TomlTable& control, std::string_view key, Draft& draft) {
    std::vector<std::string> groups;
    for (const auto& text : control.texts(key)) {
        if (!is_unix_group(text.value))
            draft.diagnostics.warning(text.place, fmt::format("this host has no unix group '{}'; create it, "
                                                              "otherwise it grants no right",
                                                              text.value));
        groups.push_back(text.value);
    }
    return groups;
}

}  // namespace

void read_server(const TomlTable& root, Draft& draft) {
    auto& settings = draft.settings;
    const auto server = root.table("server");
    if (!server) return;
    read_node(*server, draft);
    read_listen(*server, draft);
    read_tls(*server, draft);
    read_encrypted(*server, draft);
    read_proxies(*server, draft);
    read_xdp(*server, draft);
    read_timezone(*server, draft);
    if (const auto workers = server->integer("workers", 0, 1024))
        settings.server.workers = static_cast<std::uint32_t>(*workers);
    if (server->has("allow_from")) settings.allow_from = read_prefixes(*server, "allow_from", draft.diagnostics);
    if (const auto state = server->text("state")) settings.state = to_path(state->value, draft.folder);
    if (const auto without_set = read_word(*server, "without_set", parse_without_set, "servfail, forward"))
        settings.without_set = *without_set;
}

void read_limits(const TomlTable& root, Draft& draft) {
    const auto limits = root.table("limits");
    if (!limits) return;
    auto& server = draft.settings.server;
    if (const auto clients = limits->integer("tcp_clients", 1, 1'000'000))
        server.tcp_connections_max = static_cast<std::uint32_t>(*clients);
    if (const auto rate = limits->integer("rate", 0, kRateMax)) draft.settings.rate = static_cast<std::uint32_t>(*rate);
    if (const auto bits = limits->integer("rate_prefix4", 8, 32)) server.client.v4 = static_cast<std::uint8_t>(*bits);
    if (const auto bits = limits->integer("rate_prefix6", 16, 128)) server.client.v6 = static_cast<std::uint8_t>(*bits);
    read_cookies(*limits, draft);
}

void read_control(const TomlTable& root, Draft& draft) {
    const auto control = root.table("control");
    if (!control) return;
    auto& options = draft.settings.control;
    if (const auto socket = control->text("socket")) options.socket = to_path(socket->value, draft.folder);
    options.admins = unix_groups(*control, "admins", draft);
    options.approvers = unix_groups(*control, "approvers", draft);
    options.readers = unix_groups(*control, "readers", draft);
    options.inspectors = unix_groups(*control, "inspectors", draft);
}

void read_cache(const TomlTable& root, Draft& draft) {
    const auto cache = root.table("cache");
    if (!cache) return;
    auto& options = draft.settings.cache;
    if (const auto size = cache->size("size")) {
        options.bytes_max = *size;
        if (*size < kCacheBytesMin || *size > kCacheBytesMax) cache->error("size", "'size' must be 1MiB to 1024GiB");
    }
    if (const auto ttl = read_whole_seconds(*cache, "min_ttl", {seconds{0}, kDay})) options.min_ttl = *ttl;
    if (const auto ttl = read_whole_seconds(*cache, "max_ttl", {seconds{1}, 7 * kDay})) options.max_ttl = *ttl;
    // RFC 2308 §5: one to three hours works well, more makes new names late.
    if (const auto ttl = read_whole_seconds(*cache, "negative_max_ttl", {seconds{0}, seconds{10800}}))
        options.negative_max_ttl = *ttl;
    if (const auto stale = read_whole_seconds(*cache, "stale", {seconds{0}, 7 * kDay})) options.stale = *stale;
    if (options.min_ttl > options.max_ttl) cache->error("min_ttl", "'min_ttl' is above 'max_ttl'; lower it");
}

}  // namespace cenote::config
