// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/proxy_header.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace cenote::wire {
namespace {

using namespace std::string_view_literals;

constexpr auto kSignature = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr auto kVersion1 = "PROXY "sv;
constexpr std::size_t kUnixBlock = 216;
constexpr unsigned kLocal = 0x20;    // version 2, command LOCAL
constexpr unsigned kProxied = 0x21;  // version 2, command PROXY

/// Whether the bytes and the text are equal as far as both go.
bool agrees(ByteView bytes, std::string_view text) noexcept {
    const std::size_t size = std::min(bytes.size(), text.size());
    const ByteView expected = bytes_of(text).first(size);
    return std::equal(expected.begin(), expected.end(), bytes.begin());
}

/// The size of the addresses of a family and protocol; 0: they hold no IP address of a client.
std::size_t addresses_size(unsigned family_and_protocol) noexcept {
    switch (family_and_protocol) {
        case 0x11:
        case 0x12: return 12;  // two addresses, two ports
        case 0x21:
        case 0x22: return 36;
        default: return 0;
    }
}

IpAddress read_address(ByteView octets) noexcept {
    if (octets.size() == 4) return IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
    std::array<std::uint8_t, 16> all;
    std::copy_n(octets.begin(), all.size(), all.begin());
    return IpAddress::v6(all);
}

/// The address of the client, that which it has asked, and the ports of both.
void read_addresses(ByteView block, ProxyHeader& header) noexcept {
    const std::size_t size = block.size() == 12 ? 4 : 16;
    header.proxied = true;
    header.client.ip = read_address(block.first(size));
    header.client.port = load_u16(&block[2 * size]);
    header.asked = read_address(block.subspan(size, size));
}

/// Whether the extensions say that the client speaks TLS to the proxy. What they say of its certificate and of the
/// server name is not read (docs/decisions/0018).
bool say_tls(ByteView extensions) noexcept {
    constexpr std::uint8_t kSsl = 0x20;        // PP2_TYPE_SSL
    constexpr std::uint8_t kClientSsl = 0x01;  // PP2_CLIENT_SSL, in its first byte
    constexpr std::size_t kSslFixed = 1 + 4;   // flags and the result of the verification
    ByteReader reader(extensions);
    while (reader.left() > 0) {
        const std::uint8_t type = reader.u8();
        const ByteView value = reader.bytes(reader.u16());
        if (!reader.ok()) return false;
        if (type == kSsl) return value.size() >= kSslFixed && (value[0] & kClientSsl) != 0;
    }
    return false;
}

}  // namespace

bool begins_proxy_header(ByteView bytes) noexcept {
    return bytes.size() >= kSignature.size() && agrees(bytes, kSignature);
}

ProxyRead read_proxy_header(ByteView bytes, ProxyHeader& header) noexcept {
    header = {.size = kProxyPrefix, .proxied = false, .client = {}, .asked = {}, .through_tls = false};
    if (!agrees(bytes, kSignature)) {
        if (!agrees(bytes, kVersion1)) return ProxyRead::Missing;
        return bytes.size() >= kVersion1.size() ? ProxyRead::Version1 : ProxyRead::Partial;
    }
    if (bytes.size() < kProxyPrefix) return ProxyRead::Partial;
    const unsigned command = bytes[12];
    const std::size_t size = load_u16(&bytes[14]);
    const std::size_t addresses = command == kProxied ? addresses_size(bytes[13]) : 0;
    if (command == kProxied && (addresses == 0 || size < addresses || size - addresses > kProxyExtensionsMax))
        return ProxyRead::Malformed;
    // Of LOCAL everything that follows is skipped, whatever its family is.
    if (command != kProxied && (command != kLocal || size > kUnixBlock + kProxyExtensionsMax))
        return ProxyRead::Malformed;
    header.size = kProxyPrefix + size;
    if (bytes.size() < header.size) return ProxyRead::Partial;
    if (command == kLocal) return ProxyRead::Ok;
    read_addresses(bytes.subspan(kProxyPrefix, addresses), header);
    header.through_tls = say_tls(bytes.first(header.size).subspan(kProxyPrefix + addresses));
    return ProxyRead::Ok;
}

}  // namespace cenote::wire
