// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/reachable.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/ascii.h"

namespace cenote::cli {
namespace {

constexpr std::uint16_t kHttpsPort = 443;  // RFC 9110 §4.2.2
constexpr std::size_t kAddressesMax = 16;  // 64 bytes of an option of DHCPv4

std::vector<IpAddress> parse_all(const std::vector<std::string>& texts) {
    std::vector<IpAddress> addresses;
    for (const std::string& text : texts)
        if (const auto ip = IpAddress::parse(text); ip && std::ranges::find(addresses, *ip) == addresses.end())
            addresses.push_back(*ip);
    return addresses;
}

ReachableService& service_of(const engine::DesignatedListener& listener, std::vector<ReachableService>& services) {
    const auto found = std::ranges::find_if(services, [&listener](const ReachableService& service) {
        return service.protocol == listener.protocol && service.port == listener.address.port;
    });
    if (found != services.end()) return *found;
    services.push_back({.protocol = listener.protocol, .port = listener.address.port, .addresses = {}});
    return services.back();
}

/// The addresses at which clients of other hosts can ask.
Status add_address(const IpAddress& ip, std::vector<IpAddress>& addresses) {
    if (ip.is_unspecified())
        return Error{
            fmt::format("the configuration listens on {}, which is every address of the host; name those that "
                        "clients use, as --address 10.0.0.53",
                        ip.to_string())};
    if (!ip.is_loopback() && std::ranges::find(addresses, ip) == addresses.end()) addresses.push_back(ip);
    return Done{};
}

Status add_services(const config::Settings& settings, const std::vector<IpAddress>& given,
                    ReachableResolver& resolver) {
    auto listeners = config::listeners_of(settings.server.listen).encrypted;
    std::ranges::stable_sort(listeners, {}, &engine::DesignatedListener::protocol);
    for (const engine::DesignatedListener& listener : listeners) {
        if (listener.address.port == 0)
            return Error{
                "the configuration has port 0, which is another port at each start; give the listeners their "
                "ports"};
        ReachableService& service = service_of(listener, resolver.services);
        if (!given.empty())
            service.addresses = given;
        else if (auto added = add_address(listener.address.ip, service.addresses); !added)
            return added;
    }
    std::erase_if(resolver.services, [](const ReachableService& service) { return service.addresses.empty(); });
    if (listeners.empty())
        return Error{
            "listen_tls and listen_https are empty, so clients have nothing encrypted to use; docs/OPERATIONS.md "
            "says how to serve it"};
    if (resolver.services.empty())
        return Error{
            "the configuration serves TLS and HTTPS on loopback alone; name the addresses that clients use, as "
            "--address 10.0.0.53"};
    return Done{};
}

}  // namespace

const ReachableService* ReachableResolver::find(engine::Designated protocol) const noexcept {
    const auto found = std::ranges::find(services, protocol, &ReachableService::protocol);
    return found == services.end() ? nullptr : &*found;
}

std::string check_reachable(const std::string& text) {
    const auto ip = IpAddress::parse(text);
    if (ip && !ip->is_unspecified()) return {};
    return fmt::format(
        "'{}' is no address at which clients reach the resolver; write one as in 10.0.0.53 or "
        "2001:db8::53",
        text);
}

Result<ReachableResolver> find_reachable(const config::Settings& settings, const std::vector<std::string>& texts) {
    const std::vector<IpAddress> given = parse_all(texts);
    ReachableResolver resolver{.name = settings.tls.name, .addresses = given, .services = {}};
    if (resolver.name.empty())
        return Error{"[server.tls] has no 'name', by which clients know the resolver; add the one in its certificate"};
    const bool plain = std::ranges::all_of(
        resolver.name, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.' || c == '_'; });
    if (!plain)
        return Error{fmt::format("'{}' of [server.tls] is no name of a host, and no certificate has it; correct it",
                                 resolver.name)};
    if (auto added = add_services(settings, given, resolver); !added) return std::move(added).error();
    for (const ReachableService& service : resolver.services)
        if (service.addresses.size() > kAddressesMax)
            return Error{
                fmt::format("these are {} addresses, more than one announcement has ({}); choose some "
                            "by --address",
                            service.addresses.size(), kAddressesMax)};
    if (!given.empty()) return resolver;
    for (const SocketAddress& address : addresses_of(settings.server.listen))
        if (auto added = add_address(address.ip, resolver.addresses); !added) return std::move(added).error();
    return resolver;
}

std::string doh_url(const ReachableResolver& resolver, const ReachableService& service) {
    const std::string port = service.port == kHttpsPort ? "" : fmt::format(":{}", service.port);
    return fmt::format("https://{}{}/dns-query", resolver.name, port);
}

std::string list_addresses(const std::vector<IpAddress>& addresses, const char* between, Brackets brackets) {
    std::string text;
    for (const IpAddress& ip : addresses) {
        if (!text.empty()) text += between;
        text += brackets == Brackets::Yes && !ip.is_v4() ? "[" + ip.to_string() + "]" : ip.to_string();
    }
    return text;
}

std::vector<IpAddress> of_family(const std::vector<IpAddress>& addresses, bool v4) {
    std::vector<IpAddress> found;
    std::ranges::copy_if(addresses, std::back_inserter(found), [v4](const IpAddress& ip) { return ip.is_v4() == v4; });
    return found;
}

}  // namespace cenote::cli
