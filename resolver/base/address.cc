// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <net/if.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "resolver/base/check.h"

namespace cenote {
namespace {

constexpr std::uint8_t kMappedBits = 96;
constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// A number of digits only, without a sign or leading zeros.
template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool plain = text.size() == 1 || (!text.empty() && text.front() != '0');
    if (code != std::errc{} || end != text.data() + text.size() || !plain) return std::nullopt;
    return value;
}

bool is_link_local(const IpAddress& ip) noexcept {  // fe80::/10, RFC 4291 §2.5.6
    return ip.octets()[0] == 0xfe && (ip.octets()[1] & 0xc0) == 0x80;
}

/// "fe80::1%eth0" or "fe80::1%2" (RFC 4007 §11); only a link-local address has a zone.
std::optional<SocketAddress> parse_scoped(std::string_view text) {
    SocketAddress address;
    const auto percent = text.find('%');
    const auto ip = IpAddress::parse(text.substr(0, percent));
    if (!ip) return std::nullopt;
    address.ip = *ip;
    if (percent == std::string_view::npos) return address;

    const std::string zone(text.substr(percent + 1));
    address.scope_id = parse_number<std::uint32_t>(zone).value_or(::if_nametoindex(zone.c_str()));
    if (!is_link_local(*ip) || address.scope_id == 0) return std::nullopt;
    return address;
}

/// The octet with its lowest `8 - bits` bits cleared.
std::uint8_t keep_bits(std::uint8_t octet, unsigned bits) noexcept {
    return static_cast<std::uint8_t>(octet & (0xff00U >> bits));
}

IpAddress masked(const IpAddress& ip, unsigned length) noexcept {
    auto octets = ip.octets();
    for (unsigned i = length / 8; i < octets.size(); ++i)
        octets[i] = i == length / 8 ? keep_bits(octets[i], length % 8) : std::uint8_t{0};
    return IpAddress::v6(octets);
}

}  // namespace

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) noexcept {
    IpAddress ip;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), ip.octets_.begin());
    std::copy(octets.begin(), octets.end(), ip.octets_.begin() + kMappedPrefix.size());
    return ip;
}

IpAddress IpAddress::v6(const std::array<std::uint8_t, 16>& octets) noexcept {
    IpAddress ip;
    ip.octets_ = octets;
    return ip;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> terminated{};
    if (text.size() >= terminated.size() || text.find('\0') != std::string_view::npos) return std::nullopt;
    std::copy(text.begin(), text.end(), terminated.begin());

    std::array<std::uint8_t, 4> v4_octets{};
    if (::inet_pton(AF_INET, terminated.data(), v4_octets.data()) == 1) return v4(v4_octets);
    std::array<std::uint8_t, 16> v6_octets{};
    if (::inet_pton(AF_INET6, terminated.data(), v6_octets.data()) == 1) return v6(v6_octets);
    return std::nullopt;
}

bool IpAddress::is_v4() const noexcept {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), octets_.begin());
}

bool IpAddress::is_loopback() const noexcept {  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.3
    constexpr std::array<std::uint8_t, 16> kLoopback6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return is_v4() ? octets_[12] == 127 : octets_ == kLoopback6;
}

bool IpAddress::is_unspecified() const noexcept {  // RFC 1122 §3.2.1.3, RFC 4291 §2.5.2
    return *this == IpAddress() || *this == v4({0, 0, 0, 0});
}

std::string IpAddress::to_string() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    const void* octets = is_v4() ? octets_.data() + kMappedPrefix.size() : octets_.data();
    CENOTE_CHECK(::inet_ntop(is_v4() ? AF_INET : AF_INET6, octets, text.data(), text.size()) != nullptr);
    return text.data();
}

std::optional<SocketAddress> SocketAddress::parse(std::string_view text, std::uint16_t default_port) {
    std::string_view host = text;
    std::optional<std::string_view> port;
    if (text.starts_with('[')) {
        const auto bracket = text.find(']');
        if (bracket == std::string_view::npos || text.find(':') > bracket) return std::nullopt;
        host = text.substr(1, bracket - 1);
        if (const auto rest = text.substr(bracket + 1); !rest.empty()) {
            if (rest.front() != ':') return std::nullopt;
            port = rest.substr(1);
        }
    } else if (std::count(text.begin(), text.end(), ':') == 1) {  // more than one: IPv6 without a port
        const auto colon = text.find(':');
        host = text.substr(0, colon);
        port = text.substr(colon + 1);
    }

    auto address = parse_scoped(host);
    if (!address) return std::nullopt;
    const auto number = port ? parse_number<std::uint16_t>(*port) : std::optional(default_port);
    if (!number) return std::nullopt;
    address->port = *number;
    return address;
}

SocketAddress SocketAddress::from_native(const sockaddr* native) noexcept {
    SocketAddress address;
    if (native->sa_family == AF_INET) {
        sockaddr_in in;
        std::memcpy(&in, native, sizeof in);
        std::array<std::uint8_t, 4> octets;
        std::memcpy(octets.data(), &in.sin_addr, octets.size());
        address.ip = IpAddress::v4(octets);
        address.port = ntohs(in.sin_port);
    } else if (native->sa_family == AF_INET6) {
        sockaddr_in6 in6;
        std::memcpy(&in6, native, sizeof in6);
        std::array<std::uint8_t, 16> octets;
        std::memcpy(octets.data(), &in6.sin6_addr, octets.size());
        address.ip = IpAddress::v6(octets);
        address.port = ntohs(in6.sin6_port);
        // The kernel may give an interface for any address; only for link-local addresses is it significant.
        address.scope_id = is_link_local(address.ip) ? in6.sin6_scope_id : 0;
    }
    return address;
}

socklen_t SocketAddress::to_native(sockaddr_storage& storage) const noexcept {
    storage = {};
    if (ip.is_v4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, ip.octets().data() + kMappedPrefix.size(), sizeof in.sin_addr);
        std::memcpy(&storage, &in, sizeof in);
        return sizeof in;
    }
    sockaddr_in6 in6{};
    in6.sin6_family = AF_INET6;
    in6.sin6_port = htons(port);
    in6.sin6_scope_id = scope_id;
    std::memcpy(&in6.sin6_addr, ip.octets().data(), sizeof in6.sin6_addr);
    std::memcpy(&storage, &in6, sizeof in6);
    return sizeof in6;
}

std::string SocketAddress::to_string() const {
    if (ip.is_v4()) return fmt::format("{}:{}", ip.to_string(), port);
    if (scope_id != 0) return fmt::format("[{}%{}]:{}", ip.to_string(), scope_id, port);
    return fmt::format("[{}]:{}", ip.to_string(), port);
}

Prefix::Prefix(const IpAddress& ip, std::uint8_t mapped_length) noexcept
    : ip_(masked(ip, mapped_length)), length_(mapped_length) {
    CENOTE_CHECK(mapped_length <= 128);
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = IpAddress::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    if (slash == std::string_view::npos) return Prefix(*ip, 128);

    const unsigned offset = text.find(':') == std::string_view::npos ? kMappedBits : 0;
    const auto length = parse_number<std::uint8_t>(text.substr(slash + 1));
    if (!length || offset + *length > 128) return std::nullopt;
    const Prefix prefix(*ip, static_cast<std::uint8_t>(offset + *length));
    if (prefix.ip() != *ip) return std::nullopt;
    return prefix;
}

std::uint8_t Prefix::length() const noexcept {
    return ip_.is_v4() ? static_cast<std::uint8_t>(length_ - kMappedBits) : length_;
}

bool Prefix::contains(const IpAddress& ip) const noexcept { return masked(ip, length_) == ip_; }

std::string Prefix::to_string() const { return fmt::format("{}/{}", ip_.to_string(), length()); }

}  // namespace cenote
