// SPDX-License-Identifier: Apache-2.0
//
// Headers of PROXY protocol version 2 as a proxy writes them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"

namespace cenote::test {

/// A header of any command, family and content.
inline std::vector<std::uint8_t> proxy_header(std::uint8_t command, std::uint8_t family,
                                              const std::vector<std::uint8_t>& content) {
    std::vector<std::uint8_t> bytes{'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n', command, family};
    bytes.push_back(static_cast<std::uint8_t>(content.size() >> 8U));
    bytes.push_back(static_cast<std::uint8_t>(content.size()));
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

/// The header of a client, "192.0.2.1:1000", with extensions of so many bytes.
inline std::vector<std::uint8_t> proxy_header_of(std::string_view text, std::size_t extensions = 0) {
    const SocketAddress client = SocketAddress::parse(text, 0).value();
    const bool v4 = client.ip.is_v4();
    const auto octets = client.ip.octets();
    std::vector<std::uint8_t> content(octets.begin() + (v4 ? 12 : 0), octets.end());
    content.resize(2 * content.size() + 4, 0xdd);  // the destination
    store_u16(&content[content.size() - 4], client.port);
    content.resize(content.size() + extensions, 0xee);
    return proxy_header(0x21, v4 ? 0x11 : 0x21, content);
}

/// The header of a client that has asked this address, of the same family.
inline std::vector<std::uint8_t> proxy_header_of(std::string_view text, std::string_view asked) {
    std::vector<std::uint8_t> bytes = proxy_header_of(text);
    const auto octets = IpAddress::parse(asked).value().octets();
    const std::size_t size = (bytes.size() - 20) / 2;
    std::copy(octets.end() - static_cast<std::ptrdiff_t>(size), octets.end(),
              bytes.begin() + static_cast<std::ptrdiff_t>(16 + size));
    return bytes;
}

/// The header of a proxy that speaks for itself.
inline std::vector<std::uint8_t> local_proxy_header(std::size_t content = 0) {
    return proxy_header(0x20, 0, std::vector<std::uint8_t>(content, 0xaa));
}

}  // namespace cenote::test
