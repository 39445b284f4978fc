// SPDX-License-Identifier: Apache-2.0
//
// [web]: where cenote-web listens, and what it trusts.
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr std::uint16_t kWebPort = 8053;
constexpr std::string_view kUnix = "unix:";
constexpr std::size_t kListenMax = 16;
constexpr std::size_t kHostsMax = 64;
constexpr std::size_t kHeaderBytesMax = 64;

/// What is wrong with the path of a unix socket; empty: nothing.
std::string why_no_socket(std::string_view path) {
    if (!path.starts_with('/')) return "write unix: and an absolute path, as in \"unix:/run/cenote-web/web.sock\"";
    if (path.size() >= sizeof(sockaddr_un::sun_path))
        return fmt::format("the path of a socket has at most {} bytes", sizeof(sockaddr_un::sun_path) - 1);
    return {};
}

void read_endpoint(const TomlText& text, Draft& draft) {
    WebSettings& web = draft.settings.web;
    const std::string_view value = text.value;
    WebListen listen;
    if (value.starts_with(kUnix)) {
        if (const auto why = why_no_socket(value.substr(kUnix.size())); !why.empty())
            return draft.diagnostics.error(text.place, fmt::format("'{}' is no place to listen: {}", value, why));
        listen.text = value;
    } else {
        const auto address = SocketAddress::parse(value, kWebPort);
        warn_of_port_without_brackets(text, draft.diagnostics);
        if (!address)
            return draft.diagnostics.error(
                text.place, fmt::format("'{}' is no place to listen; write IP:PORT, [IPv6]:PORT or unix:/PATH", value));
        if (lacks_zone_index(*address))
            return draft.diagnostics.error(
                text.place, fmt::format("'{}' is a link-local address, which means nothing without its link; add the "
                                        "interface, as in [fe80::1%eth0]:{}",
                                        value, kWebPort));
        listen = {.text = address->to_string(), .is_address = true, .tls = !address->ip.is_loopback()};
        if (listen.tls && web.certificate.empty())
            return draft.diagnostics.error(
                text.place, fmt::format("'{}' is not loopback, so that the page needs TLS there; name the files of a "
                                        "certificate as 'certificate' and 'key', or listen on 127.0.0.1",
                                        value));
        listen.any_port = address->port == 0;
    }
    if (!listen.any_port && std::ranges::find(web.listen, listen) != web.listen.end())
        return draft.diagnostics.error(text.place, fmt::format("'{}' is listed twice; remove one", value));
    web.listen.push_back(std::move(listen));
}

void read_certificate(const TomlTable& table, Draft& draft) {
    const auto certificate = table.text("certificate");
    const auto key = table.text("key");
    const bool has_certificate = certificate && !certificate->value.empty();
    const bool has_key = key && !key->value.empty();
    if (has_certificate != has_key)
        return table.error(has_certificate ? "certificate" : "key",
                           has_certificate ? "a certificate needs its key; name the file as 'key'"
                                           : "a key needs its certificate; name the file as 'certificate'");
    if (!has_certificate) return;
    draft.settings.web.certificate = to_path(certificate->value, draft.folder);
    draft.settings.web.key = to_path(key->value, draft.folder);
}

void read_hosts(const TomlTable& table, Draft& draft) {
    const auto hosts = table.texts("hosts");
    if (hosts.size() > kHostsMax)
        return table.error("hosts", fmt::format("there are {} names, at most {} are taken", hosts.size(), kHostsMax));
    for (const TomlText& text : hosts) {
        if (const auto ip = IpAddress::parse(text.value))
            draft.settings.web.hosts.push_back(ip->to_string());
        else if (const auto name = wire::read_name(text, wire::NameUse::Single, draft.diagnostics))
            draft.settings.web.hosts.push_back(name->to_string());
    }
}

/// RFC 9110 §5.6.2, of it what names of headers have.
bool is_header_name(std::string_view text) {
    return !text.empty() && text.size() <= kHeaderBytesMax &&
           std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
}

void read_proxy(const TomlTable& table, Draft& draft) {
    WebSettings& web = draft.settings.web;
    if (const auto text = table.text("proxy_user")) web.proxy_user = text->value;
    if (const auto text = table.text("user_header")) web.user_header = text->value;
    if (web.user_header.empty() != web.proxy_user.empty())
        return table.error(web.user_header.empty() ? "proxy_user" : "user_header",
                           "'user_header' and 'proxy_user' belong together: the header counts only from a proxy on a "
                           "unix socket that runs as this user");
    if (web.user_header.empty()) return;
    if (!is_header_name(web.user_header))
        return table.error("user_header", fmt::format("'{}' is not the name of a header; write one as in "
                                                      "\"X-Remote-User\"",
                                                      web.user_header));
    if (std::ranges::none_of(web.listen, [](const WebListen& each) { return !each.is_address; }))
        table.error("user_header",
                    "the header counts only on a unix socket, and 'listen' has none; add one, as in "
                    "\"unix:/run/cenote-web/web.sock\"");
}

}  // namespace

void read_web(const TomlTable& root, Draft& draft) {
    const auto table = root.table("web");
    if (!table) return;
    read_certificate(*table, draft);
    const auto listen = table->texts("listen");
    if (listen.size() > kListenMax)
        table->error("listen", fmt::format("there are {} places, at most {} are taken", listen.size(), kListenMax));
    else
        for (const TomlText& text : listen) read_endpoint(text, draft);
    read_hosts(*table, draft);
    read_proxy(*table, draft);
    if (const auto metrics = table->boolean("metrics")) draft.settings.web.metrics = *metrics;
}

}  // namespace cenote::config
