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

SocketAddress read_client(ByteView addresses) noexcept {
    SocketAddress client;
    if (addresses.size() == 12) {
        client.ip = IpAddress::v4({addresses[0], addresses[1], addresses[2], addresses[3]});
        client.port = load_u16(&addresses[8]);
        return client;
    }
    std::array<std::uint8_t, 16> octets;
    std::copy_n(addresses.begin(), octets.size(), octets.begin());
    client.ip = IpAddress::v6(octets);
    client.port = load_u16(&addresses[32]);
    return client;
}

}  // namespace

bool begins_proxy_header(ByteView bytes) noexcept {
    return bytes.size() >= kSignature.size() && agrees(bytes, kSignature);
}

ProxyRead read_proxy_header(ByteView bytes, ProxyHeader& header) noexcept {
    header = {.size = kProxyPrefix, .proxied = false, .client = {}};
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
    header.proxied = true;
    header.client = read_client(bytes.subspan(kProxyPrefix, addresses));
    return ProxyRead::Ok;
}

}  // namespace cenote::wire
