// SPDX-License-Identifier: Apache-2.0
//
// [[log.export]] and [dnstap]: the receivers of hits.
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <array>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

using sinks::Channel;
using sinks::Destination;

struct Scheme {
    std::string_view prefix;
    Channel channel;
    std::uint16_t port;  // the usual one; 0: none
};
constexpr std::array<Scheme, 3> kSyslog{Scheme{"udp://", Channel::Udp, 514},    // RFC 5426 §3.3
                                        Scheme{"tcp://", Channel::Tcp, 601},    // RFC 6587 §4
                                        Scheme{"tls://", Channel::Tls, 6514}};  // RFC 5425 §4.1
constexpr Scheme kDnstapTcp{"tcp://", Channel::Tcp, 0};

/// IP:PORT, and with TLS #NAME.
std::optional<Destination> to_destination(const TomlText& text, const Scheme& scheme, std::string_view form,
                                          Diagnostics& diagnostics) {
    const std::string_view rest = std::string_view(text.value).substr(scheme.prefix.size());
    const auto hash = scheme.channel == Channel::Tls ? rest.find('#') : std::string_view::npos;
    const auto address = SocketAddress::parse(rest.substr(0, hash), scheme.port);
    std::string name(hash == std::string_view::npos ? std::string_view() : rest.substr(hash + 1));
    if (!address || address->port == 0 || name.empty() == (scheme.channel == Channel::Tls)) {
        diagnostics.error(text.place, fmt::format("'{}' is no receiver; write {}", text.value, form));
        return std::nullopt;
    }
    if (!check_destination(text, *address, diagnostics)) return std::nullopt;
    if (!name.empty() && !IpAddress::parse(name)) {
        const auto checked = wire::read_name({name, text.place}, wire::NameUse::Single, diagnostics);
        if (!checked) return std::nullopt;
        name = checked->to_string();
    }
    return Destination{
        .text = text.value, .channel = scheme.channel, .address = *address, .path = {}, .name = name, .ca = {}};
}

std::optional<Destination> to_syslog(const TomlText& text, Diagnostics& diagnostics) {
    constexpr std::string_view kForm =
        "udp://IP[:PORT], tcp://IP[:PORT] or tls://IP[:PORT]#NAME, where NAME is what its certificate is checked for";
    for (const Scheme& scheme : kSyslog)
        if (text.value.starts_with(scheme.prefix)) return to_destination(text, scheme, kForm, diagnostics);
    diagnostics.error(text.place, fmt::format("'{}' is no receiver; write {}", text.value, kForm));
    return std::nullopt;
}

std::optional<Destination> to_frame_stream(const TomlText& text, const Path& folder, Diagnostics& diagnostics) {
    if (text.value.starts_with(kDnstapTcp.prefix))
        return to_destination(text, kDnstapTcp, "tcp://IP:PORT, or the path of a Unix socket", diagnostics);
    if (text.value.find("://") != std::string::npos) {
        diagnostics.error(text.place, fmt::format("'{}' is no receiver; write tcp://IP:PORT, or the path of a Unix "
                                                  "socket",
                                                  text.value));
        return std::nullopt;
    }
    Path path = to_path(text.value, folder);
    constexpr std::size_t kLongest = sizeof sockaddr_un{}.sun_path - 1;
    if (path.string().size() > kLongest) {
        diagnostics.error(text.place, fmt::format("the path of a Unix socket has {} bytes at most; make '{}' shorter",
                                                  kLongest, path.string()));
        return std::nullopt;
    }
    return Destination{
        .text = text.value, .channel = Channel::Unix, .address = {}, .path = std::move(path), .name = {}, .ca = {}};
}

void read_export(const TomlTable& table, Draft& draft) {
    sinks::ExportOptions receiver;
    receiver.what = draft.settings.log.what;
    if (const auto format = read_word(table, "format", sinks::parse_log_format, "jsonl, ecs, ocsf, cef"))
        receiver.format = *format;
    if (const auto what = read_word(table, "what", sinks::parse_scope, "directives, all")) receiver.what = *what;
    const auto ca = table.text("ca");
    const auto text = table.required_text("address");
    auto to = text ? to_syslog(*text, draft.diagnostics) : std::nullopt;
    if (!to) return;
    if (ca && to->channel != Channel::Tls)
        table.error("ca", "'ca' is for tls:// alone; write the address with tls://, or remove 'ca'");
    if (ca && !ca->value.empty()) to->ca = to_path(ca->value, draft.folder);
    receiver.to = std::move(*to);
    auto& all = draft.settings.exports;
    if (std::ranges::any_of(all, [&](const auto& other) { return other.to.text == receiver.to.text; }))
        return draft.diagnostics.error(text->place, fmt::format("'{}' is listed twice; remove one", text->value));
    all.push_back(std::move(receiver));
}

}  // namespace

void read_exports(const TomlTable& root, Draft& draft) {
    const auto log = root.table("log");
    if (!log) return;
    for (const auto& table : log->tables("export")) read_export(table, draft);
}

void read_dnstap(const TomlTable& root, Draft& draft) {
    const auto table = root.table("dnstap");
    if (!table) return;
    sinks::DnstapOptions& dnstap = draft.settings.dnstap;
    if (const auto what = read_word(*table, "what", sinks::parse_scope, "directives, all")) dnstap.what = *what;
    const auto socket = table->text("socket");
    if (socket && !socket->value.empty()) dnstap.to = to_frame_stream(*socket, draft.folder, draft.diagnostics);
}

}  // namespace cenote::config
