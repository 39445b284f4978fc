// SPDX-License-Identifier: Apache-2.0
//
// [upstream] and [[upstream.route]]: the servers to ask. A listen address of this server is not one of them.
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <sstream>

#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

constexpr std::size_t kResolvConfMax = 64U << 10;
constexpr std::string_view kSystem = "system";

std::optional<upstream::Strategy> parse_strategy(std::string_view text) noexcept {
    if (text == "fastest") return upstream::Strategy::Fastest;
    if (text == "ordered") return upstream::Strategy::Ordered;
    if (text == "spread") return upstream::Strategy::Spread;
    return std::nullopt;
}

/// The kernel sends from the same address to an address of this host. Interfaces cannot be listed inside the service's
/// unit, which has no netlink sockets; binding proves nothing where net.ipv4.ip_nonlocal_bind is set.
bool is_address_of_this_host(const IpAddress& ip) {
    if (ip.is_loopback()) return true;  // all of 127.0.0.0/8, although the kernel sends from 127.0.0.1
    const SocketAddress there{.ip = ip, .port = 53};
    const UniqueFd fd(::socket(there.family(), SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage native;
    socklen_t size = there.to_native(native);
    if (!fd.valid() || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0) return false;
    size = sizeof native;
    return ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&native), &size) == 0 &&
           SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip == ip;
}

/// A query to a listen address of this server would loop until it times out.
bool is_own(const SocketAddress& server, const std::vector<server::Endpoint>& listen) {
    return std::any_of(listen.begin(), listen.end(), [&server](const server::Endpoint& endpoint) {
        const SocketAddress& own = endpoint.address;
        if (own.port != server.port) return false;
        return own.ip == server.ip || (own.ip.is_unspecified() && is_address_of_this_host(server.ip));
    });
}

class ServerReader {
public:
    explicit ServerReader(Draft& draft) : draft_(draft) {}

    [[nodiscard]] std::vector<upstream::ServerAddress> read(const TomlTable& table) const {
        std::vector<upstream::ServerAddress> servers;
        const auto texts = table.texts("servers");
        for (const auto& text : texts) {
            if (text.value == kSystem)
                add_system(text, servers);
            else if (const auto server = to_server(text, draft_.diagnostics))
                add(text, *server, servers);
        }
        if (texts.empty()) table.error("servers", "'servers' names no server; name at least one");
        return servers;
    }

private:
    void add(const TomlText& text, const upstream::ServerAddress& server,
             std::vector<upstream::ServerAddress>& servers) const {
        if (is_own(server.address, draft_.settings.server.listen))
            draft_.diagnostics.error(
                text.place, fmt::format("'{}' is a listen address of this server: queries would loop; name another "
                                        "server",
                                        text.value));
        else if (std::find(servers.begin(), servers.end(), server) != servers.end())
            draft_.diagnostics.error(text.place, fmt::format("'{}' is listed twice; remove one", text.value));
        else
            servers.push_back(server);
    }

    /// The `nameserver` lines of resolv.conf(5), without listen addresses of this server, which are often among them.
    void add_system(const TomlText& text, std::vector<upstream::ServerAddress>& servers) const {
        const Path& file = draft_.host_info.resolv_conf;
        const auto content = draft_.files.read(file, kResolvConfMax);
        if (!content) return draft_.diagnostics.error(text.place, content.error().text);
        const auto before = servers.size();
        std::istringstream lines(*content);
        for (std::string line; std::getline(lines, line);) {
            std::istringstream words(line);
            std::string keyword;
            std::string address_text;
            if (!(words >> keyword >> address_text) || keyword != "nameserver") continue;
            auto address = SocketAddress::parse(address_text, 53);
            if (!address) continue;
            // It means this host (resolv.conf(5)).
            if (address->ip.is_unspecified())
                address->ip = *IpAddress::parse(address->ip.is_v4() ? "127.0.0.1" : "::1");
            if (is_own(*address, draft_.settings.server.listen)) continue;
            const upstream::ServerAddress server{*address, {}};
            if (std::find(servers.begin(), servers.end(), server) == servers.end()) servers.push_back(server);
        }
        if (servers.size() == before)
            draft_.diagnostics.error(text.place,
                                     fmt::format("{} names no server but this one; name one here", file.string()));
    }

    Draft& draft_;
};

void read_route(const TomlTable& table, const ServerReader& reader, Draft& draft) {
    upstream::Route route;
    route.servers = reader.read(table);
    const auto text = table.required_text("zone");
    const auto zone = text ? wire::read_name(*text, wire::NameUse::Subtree, draft.diagnostics) : std::nullopt;
    if (!zone) return;
    route.zone = *zone;
    auto& routes = draft.settings.upstream.routes;
    if (std::any_of(routes.begin(), routes.end(), [&zone](const auto& other) { return other.zone == *zone; }))
        return draft.diagnostics.error(text->place, fmt::format("zone '{}' has two routes; keep one", text->value));
    draft.policy.unsinkholable.push_back(*zone);
    routes.push_back(std::move(route));
}

}  // namespace

void read_upstream(const TomlTable& root, Draft& draft) {
    const auto table = root.table("upstream");
    if (!table) return;
    auto& options = draft.settings.upstream;
    const ServerReader reader(draft);
    if (table->has("servers")) options.servers = reader.read(*table);
    if (const auto strategy = read_word(*table, "strategy", parse_strategy, "fastest, ordered, spread"))
        options.strategy = *strategy;
    if (const auto raw = table->boolean("raw")) options.raw = *raw;
    if (const auto timeout = read_duration(*table, "timeout", {milliseconds{100}, milliseconds{2500}}))
        options.timeout = *timeout;
    options.stale_after = std::min(options.stale_after, options.timeout);
    for (const auto& route : table->tables("route")) read_route(route, reader, draft);
}

}  // namespace cenote::config
