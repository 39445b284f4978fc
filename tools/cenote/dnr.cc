// SPDX-License-Identifier: Apache-2.0
//
// dnr: lines for DHCP servers and routers by which hosts find the encrypted services of this resolver (RFC 9463).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "tools/cenote/dnr_option.h"
#include "tools/cenote/reachable.h"
#include "tools/cenote/verbs.h"

namespace cenote::cli {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kOptionMax = 255;  // of a DHCPv4 option that is not split (RFC 2132 §2, RFC 3396)

struct DnrFlags {
    std::string format;
    std::vector<std::string> addresses;
};

/// What every format announces, in both families.
struct Announcement {
    const ReachableResolver& resolver;
    std::vector<DnrInstance> v4;
    std::vector<DnrInstance> v6;

    [[nodiscard]] std::vector<IpAddress> plain(bool is_v4) const { return of_family(resolver.addresses, is_v4); }
};

wire::ServiceParams params_of(const ReachableService& service) {
    return engine::service_params_of({{.ip = {}, .port = service.port, .scope_id = 0}, service.protocol});
}

/// One instance for each service of a family. Services at the same addresses with the usual ports become one, which
/// servers that send an option once can send whole.
std::vector<DnrInstance> instances_of(const ReachableResolver& resolver, bool v4) {
    std::vector<DnrInstance> all;
    for (const ReachableService& service : resolver.services) {
        DnrInstance next{.priority = static_cast<std::uint16_t>(all.size() + 1),
                         .name = wire::Name::parse(resolver.name).value_or(wire::Name()),
                         .addresses = of_family(service.addresses, v4),
                         .params = params_of(service)};
        if (next.addresses.empty()) continue;
        DnrInstance* const before = all.empty() ? nullptr : &all.back();
        const bool joins = before != nullptr && before->params.port == 0 && next.params.port == 0 &&
                           before->addresses == next.addresses;
        if (!joins) {
            all.push_back(std::move(next));
            continue;
        }
        before->params.alpn.push_back(next.params.alpn.front());
        if (before->params.doh_path.empty()) before->params.doh_path = next.params.doh_path;
    }
    return all;
}

std::string hex(ByteView bytes, const char* between) {
    std::vector<std::string> each;
    for (const std::uint8_t byte : bytes) each.push_back(fmt::format("{:02x}", byte));
    return fmt::format("{}", fmt::join(each, between));
}

/// "1, dns.agency.example., 10.0.0.53, alpn=h2,dot dohpath=/dns-query{?dns}", for people.
std::string sentence(const DnrInstance& instance) {
    return fmt::format("{}, {}., {}, {}", instance.priority, instance.name.to_string(),
                       list_addresses(instance.addresses, " ", Brackets::No),
                       wire::service_params_text(instance.params));
}

/// A comment for each instance, and for those that a server of DHCPv6 does not send.
std::string comments(const char* mark, const std::vector<DnrInstance>& instances, bool v4) {
    std::string text;
    for (std::size_t i = 0; i < instances.size(); ++i)
        text +=
            fmt::format("{} {}{}\n", mark, !v4 && i > 0 ? "not announced, as this server sends an option once: " : "",
                        sentence(instances[i]));
    return text;
}

void print_kea_family(const Announcement& announced, bool v4) {
    const auto& instances = v4 ? announced.v4 : announced.v6;
    const auto plain = announced.plain(v4);
    if (instances.empty()) return;
    fmt::print("// kea-dhcp{}.conf: in \"Dhcp{}\", a shared network or a subnet. Kea 2.2 and later\n", v4 ? 4 : 6,
               v4 ? 4 : 6);
    fmt::print("{}\"option-data\": [\n", comments("//", instances, v4));
    if (!plain.empty())
        fmt::print("    {{ \"name\": \"{}\", \"data\": \"{}\" }},\n", v4 ? "domain-name-servers" : "dns-servers",
                   list_addresses(plain, ", ", Brackets::No));
    fmt::print("    {{ \"space\": \"dhcp{}\", \"code\": {}, \"csv-format\": false, \"data\": \"{}\" }}\n]\n",
               v4 ? 4 : 6, v4 ? kDhcp4Dnr : kDhcp6Dnr,
               hex(v4 ? dhcp4_option(instances) : dhcp6_option(instances.front()), ""));
}

void print_kea(const Announcement& announced) {
    print_kea_family(announced, true);
    print_kea_family(announced, false);
}

void print_dnsmasq(const Announcement& announced) {
    fmt::print("# dnsmasq.conf; dnsmasq has no such option for router advertisements\n{}{}",
               comments("#", announced.v4, true), comments("#", announced.v6, false));
    if (const auto plain = announced.plain(true); !plain.empty())
        fmt::print("dhcp-option=option:dns-server,{}\n", list_addresses(plain, ",", Brackets::No));
    if (!announced.v4.empty()) fmt::print("dhcp-option={},{}\n", kDhcp4Dnr, hex(dhcp4_option(announced.v4), ":"));
    if (const auto plain = announced.plain(false); !plain.empty())
        fmt::print("dhcp-option=option6:dns-server,{}\n", list_addresses(plain, ",", Brackets::Yes));
    if (!announced.v6.empty())
        fmt::print("dhcp-option=option6:{},{}\n", kDhcp6Dnr, hex(dhcp6_option(announced.v6.front()), ":"));
}

/// No release of radvd sends the option (its pull request 282), so that hosts have to find the services from the
/// address.
Status print_radvd(const Announcement& announced) {
    const auto plain = announced.plain(false);
    if (plain.empty())
        return Error{
            "radvd announces IPv6 addresses, and the configuration listens on none; name one, as --address "
            "2001:db8::53"};
    fmt::print(
        "# radvd.conf, with the interface that leads to the clients in place of eth0. No release of radvd sends the "
        "option "
        "of\n# RFC 9463: hosts with this address find what follows by DDR (RFC 9462), or by DHCPv6.\n{}",
        comments("#", announced.v6, true));
    fmt::print("interface eth0 {{\n    AdvSendAdvert on;\n    RDNSS {} {{\n    }};\n}};\n",
               list_addresses(plain, " ", Brackets::No));
    return Done{};
}

void print_windows_family(const Announcement& announced, bool v4) {
    const auto& instances = v4 ? announced.v4 : announced.v6;
    const auto plain = announced.plain(v4);
    if (instances.empty()) return;
    const char* const scope = v4 ? "-ScopeId 10.20.0.0" : "-Prefix 2001:db8:20::";
    const unsigned code = v4 ? kDhcp4Dnr : kDhcp6Dnr;
    fmt::print("{}", comments("#", instances, v4));
    fmt::print("Add-DhcpServerv{}OptionDefinition -OptionId {} -Name 'DNR' -Type BinaryData\n", v4 ? 4 : 6, code);
    if (!plain.empty())
        fmt::print("Set-DhcpServerv{}OptionValue {} -DnsServer {}\n", v4 ? 4 : 6, scope,
                   list_addresses(plain, ", ", Brackets::No));
    fmt::print("Set-DhcpServerv{}OptionValue {} -OptionId {} -Value '0x{}'\n", v4 ? 4 : 6, scope, code,
               hex(v4 ? dhcp4_option(instances) : dhcp6_option(instances.front()), "','0x"));
}

void print_windows(const Announcement& announced) {
    fmt::print("# PowerShell on the DHCP server (Windows Server), with your own scope and prefix\n");
    print_windows_family(announced, true);
    print_windows_family(announced, false);
}

Status print_systemd(const Announcement& announced) {
    if (announced.v4.empty() && announced.plain(false).empty())
        return Error{
            "systemd-networkd announces addresses, and the configuration listens on none that other hosts "
            "reach; name one, as --address 10.0.0.53"};
    fmt::print(
        "# A .network file of systemd-networkd 252 and later, for the link that leads to the clients. It has no such "
        "option for\n# router advertisements: hosts find what follows by DDR (RFC 9462).\n");
    if (!announced.v4.empty()) {
        fmt::print("{}[DHCPServer]\nEmitDNS=yes\n", comments("#", announced.v4, true));
        if (const auto plain = announced.plain(true); !plain.empty())
            fmt::print("DNS={}\n", list_addresses(plain, " ", Brackets::No));
        fmt::print("SendOption={}:string:\\x{}\n", kDhcp4Dnr, hex(dhcp4_option(announced.v4), "\\x"));
    }
    if (const auto plain = announced.plain(false); !plain.empty())
        fmt::print("[IPv6SendRA]\nEmitDNS=yes\nDNS={}\n", list_addresses(plain, " ", Brackets::No));
    return Done{};
}

Status print_format(const std::string& format, const Announcement& announced) {
    if (format == "radvd") return print_radvd(announced);
    if (format == "systemd") return print_systemd(announced);
    if (format == "kea") print_kea(announced);
    if (format == "dnsmasq") print_dnsmasq(announced);
    if (format == "windows") print_windows(announced);
    return Done{};
}

Exit print_dnr(Session& session, const DnrFlags& flags) {
    const auto settings = session.settings();
    if (!settings) return fail(settings.error());
    const auto resolver = find_reachable(**settings, flags.addresses);
    if (!resolver) return fail(resolver.error());
    const Announcement announced{
        .resolver = *resolver, .v4 = instances_of(*resolver, true), .v6 = instances_of(*resolver, false)};
    if (const auto size = dhcp4_option(announced.v4).size(); size > kOptionMax)
        return fail(
            Error{fmt::format("the option of DHCPv4 has {} bytes, more than the {} that one may have; name fewer "
                              "addresses, as --address 10.0.0.53",
                              size, kOptionMax)});
    const auto printed = print_format(flags.format, announced);
    return printed ? Exit::Done : fail(printed.error());
}

}  // namespace

void add_dnr(Verbs& verbs) {
    CLI::App* verb =
        verbs.add("dnr", "Print lines for a DHCP server or router, so that hosts find DNS over TLS and HTTPS");
    const auto flags = std::make_shared<DnrFlags>();
    verb->add_option("--format", flags->format, "kea, dnsmasq, radvd, windows or systemd")
        ->type_name("FORMAT")
        ->required()
        ->check(CLI::IsMember({"kea", "dnsmasq", "radvd", "windows", "systemd"}));
    verb->add_option("--address", flags->addresses, kAddressHelp)
        ->type_name("IP")
        ->allow_extra_args(false)
        ->check(check_reachable);
    verbs.on(verb, [flags](Session& session) { return print_dnr(session, *flags); });
}

}  // namespace cenote::cli
