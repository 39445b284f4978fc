// SPDX-License-Identifier: Apache-2.0
//
// Addresses, socket addresses and prefixes as text: what we take, the C library reads as the same address, and what is
// written reads as the same value.

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "resolver/base/address.h"
#include "resolver/base/check.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;

fuzz::Goal address("an address is read");
fuzz::Goal socket_address("a socket address is read");
fuzz::Goal prefix("a prefix is read");

/// By the C library; a mapped address is the IPv4 address.
std::optional<IpAddress> naive_address(const std::string& text) {
    std::array<std::uint8_t, 4> four{};
    std::array<std::uint8_t, 16> six{};
    if (text.find('\0') != std::string::npos) return std::nullopt;
    if (::inet_pton(AF_INET, text.c_str(), four.data()) == 1) return IpAddress::v4(four);
    if (::inet_pton(AF_INET6, text.c_str(), six.data()) == 1) return IpAddress::v6(six);
    return std::nullopt;
}

void try_address(const std::string& text) {
    const auto ours = IpAddress::parse(text);
    CENOTE_CHECK(ours == naive_address(text));
    if (!ours) return;
    address.reach();
    CENOTE_CHECK(IpAddress::parse(ours->to_string()) == ours);
}

void try_socket_address(const std::string& text) {
    const auto ours = SocketAddress::parse(text, 53);
    if (!ours) return;
    socket_address.reach();
    const auto again = SocketAddress::parse(ours->to_string(), 0);
    CENOTE_CHECK(again && again->ip == ours->ip && again->port == ours->port);
    sockaddr_storage native{};
    CENOTE_CHECK(ours->to_native(native) > 0);
    const auto back = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    CENOTE_CHECK(back.ip == ours->ip && back.port == ours->port);
}

void try_prefix(const std::string& text) {
    const auto ours = Prefix::parse(text);
    if (!ours) return;
    prefix.reach();
    CENOTE_CHECK(Prefix::parse(ours->to_string()) == ours);
    CENOTE_CHECK(ours->contains(ours->ip()) && ours->contains(*ours));
    CENOTE_CHECK(ours->mapped_length() <= 128 && ours->length() <= ours->mapped_length());
    const auto slash = text.find('/');
    CENOTE_CHECK(naive_address(text.substr(0, slash)) == ours->ip());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::Input(data, size).text());
    try_address(text);
    try_socket_address(text);
    try_prefix(text);
    return 0;
}
