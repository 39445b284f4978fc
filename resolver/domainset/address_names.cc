// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/address_names.h"

#include <fmt/format.h>

#include <charconv>

#include "resolver/base/check.h"
#include "resolver/base/digest.h"

namespace cenote::domainset {
namespace {

constexpr std::size_t kDigits = 32;

wire::Name must_parse(std::string_view text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

}  // namespace

const wire::Name& addresses_below() {
    static const wire::Name name = must_parse("address.cenote.invalid");
    return name;
}

wire::Name name_of(const Prefix& prefix) {
    return must_parse(
        fmt::format("{}.{}.{}", to_hex(prefix.ip().octets()), prefix.mapped_length(), addresses_below().to_string()));
}

std::optional<Prefix> prefix_of(const wire::Name& name) {
    if (name.labels() != addresses_below().labels() + 2 || !name.is_below_or_equal(addresses_below()))
        return std::nullopt;
    const std::string text = name.to_string();
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        if (std::from_chars(&text[2 * i], &text[2 * i + 2], octets[i], 16).ptr != &text[2 * i + 2]) return std::nullopt;
    std::uint8_t length = 0;
    const auto end = text.data() + text.size();
    if (text[kDigits] != '.' || *std::from_chars(&text[kDigits + 1], end, length).ptr != '.' || length > 128)
        return std::nullopt;
    return Prefix(IpAddress::v6(octets), length);
}

}  // namespace cenote::domainset
