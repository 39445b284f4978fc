// SPDX-License-Identifier: Apache-2.0
//
// IP addresses, socket addresses and prefixes as values.
//
// An IPv4 address is stored in its IPv4-mapped IPv6 form (RFC 4291 §2.5.5.2), so that one table serves both families.
//
// Threads:  plain values.
// Memory:   none.
// Failure:  parsing gives nullopt.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cenote {

class IpAddress {
public:
    constexpr IpAddress() noexcept = default;  // ::
    static IpAddress v4(std::array<std::uint8_t, 4> octets) noexcept;
    static IpAddress v6(const std::array<std::uint8_t, 16>& octets) noexcept;
    /// "192.0.2.1" or "2001:db8::1"; an IPv4-mapped IPv6 address gives the IPv4 address.
    static std::optional<IpAddress> parse(std::string_view text);

    [[nodiscard]] bool is_v4() const noexcept;
    /// 127.0.0.0/8 or ::1.
    [[nodiscard]] bool is_loopback() const noexcept;
    /// 0.0.0.0 or ::, which stand for all addresses of a machine.
    [[nodiscard]] bool is_unspecified() const noexcept;
    /// The last 4 octets, which are the address if it is an IPv4 address.
    [[nodiscard]] std::array<std::uint8_t, 4> v4_octets() const noexcept {
        return {octets_[12], octets_[13], octets_[14], octets_[15]};
    }
    /// The 16 octets of the mapped form.
    [[nodiscard]] const std::array<std::uint8_t, 16>& octets() const noexcept { return octets_; }
    [[nodiscard]] std::string to_string() const;

    friend auto operator<=>(const IpAddress&, const IpAddress&) noexcept = default;

private:
    std::array<std::uint8_t, 16> octets_{};
};

struct SocketAddress {
    IpAddress ip;
    std::uint16_t port = 0;
    std::uint32_t scope_id = 0;  // link-local IPv6 addresses only, else 0

    /// "192.0.2.1:53", "[2001:db8::1]:53"; without a port `default_port` is used.
    static std::optional<SocketAddress> parse(std::string_view text, std::uint16_t default_port);
    static SocketAddress from_native(const sockaddr* native) noexcept;
    /// Fills `storage` for a socket of the family of the address; returns the length.
    socklen_t to_native(sockaddr_storage& storage) const noexcept;
    [[nodiscard]] int family() const noexcept { return ip.is_v4() ? AF_INET : AF_INET6; }
    [[nodiscard]] std::string to_string() const;

    friend auto operator<=>(const SocketAddress&, const SocketAddress&) noexcept = default;
};

/// A prefix in mapped form: an IPv4 /n has the mapped length 96 + n.
class Prefix {
public:
    Prefix() noexcept = default;  // ::/0, every address
    Prefix(const IpAddress& ip, std::uint8_t mapped_length) noexcept;
    /// "10.20.0.0/16", "2001:db8::/48", "192.0.2.7" (a host). Bits below the length must be zero.
    static std::optional<Prefix> parse(std::string_view text);

    [[nodiscard]] const IpAddress& ip() const noexcept { return ip_; }
    [[nodiscard]] std::uint8_t mapped_length() const noexcept { return length_; }
    /// The length as written: 0..32 for IPv4, 0..128 for IPv6.
    [[nodiscard]] std::uint8_t length() const noexcept;
    [[nodiscard]] bool contains(const IpAddress& ip) const noexcept;
    [[nodiscard]] bool contains(const Prefix& other) const noexcept {
        return other.length_ >= length_ && contains(other.ip_);
    }
    [[nodiscard]] std::string to_string() const;

    friend auto operator<=>(const Prefix&, const Prefix&) noexcept = default;

private:
    IpAddress ip_;
    std::uint8_t length_ = 0;
};

}  // namespace cenote
