// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/address_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace cenote::domainset {
namespace {

/// The widest rule, as a prefix length, and how many such rules all rules together may amount to.
struct Limits {
    std::uint8_t widest4;
    std::uint8_t widest6;
    std::uint8_t together;
};
constexpr Limits kResponse{.widest4 = 8, .widest6 = 16, .together = 4};
constexpr Limits kClient{.widest4 = 24, .widest6 = 56, .together = 16};
// Private space that a list may sinkhole: one network of the usual size.
constexpr Limits kPrivate{.widest4 = 24, .widest6 = 64, .together = 0};
// A list that was accepted by force may sinkhole this much more than its previous copy.
constexpr double kGrowth = 1.25;

const Limits& limits_of(AddressUse use) noexcept { return use == AddressUse::Response ? kResponse : kClient; }

template <std::size_t Size>
std::vector<Prefix> parse_all(const std::array<const char*, Size>& texts) {
    std::vector<Prefix> prefixes;
    for (const char* text : texts) prefixes.push_back(Prefix::parse(text).value_or(Prefix()));
    return prefixes;
}

/// Private use, loopback, link-local and shared address space (RFC 6890).
const std::vector<Prefix>& private_space() {
    static const auto kAll =
        parse_all(std::array{"10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                             "192.168.0.0/16", "::1/128", "fc00::/7", "fe80::/10"});
    return kAll;
}

/// Multicast and reserved space (RFC 5771, RFC 1112 §4, RFC 4291 §2.7).
const std::vector<Prefix>& empty_space() {
    static const auto kAll = parse_all(std::array{"0.0.0.0/8", "224.0.0.0/3", "ff00::/8"});
    return kAll;
}

bool is_within(const std::vector<Prefix>& space, const Prefix& prefix) {
    return std::any_of(space.begin(), space.end(), [&](const Prefix& each) { return each.contains(prefix); });
}

/// The IPv4 prefix of an IPv4-mapped (RFC 4291 §2.5.5.2) or NAT64 (RFC 6052 §2.1) prefix, else the prefix itself. The
/// limits for an IPv4 prefix apply to these forms of it too.
Prefix without_embedding(const Prefix& prefix) {
    static const Prefix kNat64 = Prefix::parse("64:ff9b::/96").value_or(Prefix());
    static const Prefix kAllIpv4 = Prefix::parse("0.0.0.0/0").value_or(Prefix());
    if (prefix.contains(kNat64) || prefix.contains(kAllIpv4)) return kAllIpv4;
    if (!kNat64.contains(prefix)) return prefix;
    const auto& octets = prefix.ip().octets();
    return {IpAddress::v4({octets[12], octets[13], octets[14], octets[15]}), prefix.mapped_length()};
}

bool is_wider(const Prefix& prefix, const Limits& limits) {
    return prefix.length() < (prefix.ip().is_v4() ? limits.widest4 : limits.widest6);
}

bool overlaps(const Prefix& a, const Prefix& b) { return a.contains(b) || b.contains(a); }

/// Whether no public name resolves to a prefix.
bool is_nameless(const Prefix& prefix) {
    return is_within(empty_space(), prefix) || is_within(private_space(), prefix);
}

}  // namespace

std::optional<std::string> AddressGuard::why_not(const Prefix& written, AddressUse use, Author author) const {
    const Prefix prefix = without_embedding(written);
    const Limits& limits = limits_of(use);
    if (is_wider(prefix, limits) && !(use == AddressUse::Response && is_nameless(prefix)))
        return fmt::format("{} than /{}, the widest that a rule may close",
                           prefix == written ? "it is wider" : fmt::format("it covers {}, wider", prefix.to_string()),
                           prefix.ip().is_v4() ? limits.widest4 : limits.widest6);
    for (const GuardedAddress& each : guarded_)
        if (prefix.contains(each.ip)) return fmt::format("it covers {}, {}", each.ip.to_string(), each.what);
    if (use == AddressUse::Client || author == Author::Operator || !is_wider(prefix, kPrivate)) return std::nullopt;
    for (const Prefix& space : private_space())
        if (overlaps(space, prefix))
            return fmt::format("it reaches into {}, private address space, of which a list may close a /{} at most",
                               space.to_string(), prefix.ip().is_v4() ? kPrivate.widest4 : kPrivate.widest6);
    return std::nullopt;
}

AddressSpace space_of(std::vector<Prefix> prefixes, AddressUse use) {
    const Limits& limits = limits_of(use);
    for (Prefix& prefix : prefixes) prefix = without_embedding(prefix);
    std::sort(prefixes.begin(), prefixes.end());  // a prefix stands in front of those inside it
    AddressSpace space;
    const Prefix* last = nullptr;
    for (const Prefix& prefix : prefixes) {
        if (last != nullptr && last->contains(prefix)) continue;
        if (use == AddressUse::Response && is_nameless(prefix)) continue;
        last = &prefix;
        if (prefix.ip().is_v4())
            space.ipv4 += std::ldexp(1.0, limits.widest4 - prefix.length());
        else
            space.ipv6 += std::ldexp(1.0, limits.widest6 - prefix.length());
    }
    return space;
}

std::optional<std::string> why_not_together(const AddressSpace& now, const AddressSpace& before, AddressUse use) {
    const Limits& limits = limits_of(use);
    const auto too_much = [&limits](double is, double was) {
        return is > limits.together && (was <= limits.together || is > was * kGrowth);
    };
    const auto refusal = [&limits, use](double is, std::uint8_t length, const char* family) {
        return fmt::format("its rules over {} close as much as {:.4g} {} prefixes of /{} together, {} are the most",
                           use == AddressUse::Response ? "addresses" : "clients", is, family, length, limits.together);
    };
    if (too_much(now.ipv4, before.ipv4)) return refusal(now.ipv4, limits.widest4, "IPv4");
    if (too_much(now.ipv6, before.ipv6)) return refusal(now.ipv6, limits.widest6, "IPv6");
    return std::nullopt;
}

}  // namespace cenote::domainset
