// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/address_names.h"

#include <fmt/format.h>

#include <charconv>

#include "resolver/base/check.h"
#include "resolver/base/digest.h"

namespace cenote::domainset {
namespace {

constexpr std::size_t kDigits = 32;
constexpr std::string_view kOpen = "open.";

wire::Name must_parse(std::string_view text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

}  // namespace

const wire::Name& addresses_below(AddressUse use) {
    static const wire::Name response = must_parse("response.cenote.invalid");
    static const wire::Name client = must_parse("client.cenote.invalid");
    return use == AddressUse::Response ? response : client;
}

wire::Name name_of(const AddressRule& rule, AddressUse use) {
    return must_parse(fmt::format("{}{}.{}.{}", rule.closes ? "" : kOpen, to_hex(rule.prefix.ip().octets()),
                                  rule.prefix.mapped_length(), addresses_below(use).to_string()));
}

std::optional<AddressRule> rule_of(const wire::Name& name, AddressUse use) {
    if (!name.is_below_or_equal(addresses_below(use))) return std::nullopt;
    const int labels = name.labels() - addresses_below(use).labels();
    const std::string whole = name.to_string();
    AddressRule rule;
    rule.closes = labels != 3;
    if (labels < 2 || labels > 3 || (labels == 3 && !whole.starts_with(kOpen))) return std::nullopt;
    const std::string text = rule.closes ? whole : whole.substr(kOpen.size());
    if (text.find('.') != kDigits) return std::nullopt;
    std::array<std::uint8_t, 16> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        if (std::from_chars(&text[2 * i], &text[2 * i + 2], octets[i], 16).ptr != &text[2 * i + 2]) return std::nullopt;
    std::uint8_t length = 0;
    const auto* end = text.data() + text.size();
    if (*std::from_chars(&text[kDigits + 1], end, length).ptr != '.' || length > 128) return std::nullopt;
    rule.prefix = Prefix(IpAddress::v6(octets), length);
    return rule;
}

bool is_address_name(const wire::Name& name) {
    static const wire::Name above = must_parse("cenote.invalid");
    return name.is_below_or_equal(above);
}

}  // namespace cenote::domainset
