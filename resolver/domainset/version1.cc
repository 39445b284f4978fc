// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/version1.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "resolver/base/check.h"

namespace cenote::domainset {
namespace {

constexpr std::size_t kDigits = 32;
constexpr std::string_view kOpen = "open.";
constexpr std::size_t kRulesMax = std::size_t{1} << 20;  // or one for each byte of the names, if that is more

wire::Name must_parse(std::string_view text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return *name;
}

const wire::Name& names_below(AddressUse use) {
    static const wire::Name kResponse = must_parse("response.cenote.invalid");
    static const wire::Name kClient = must_parse("client.cenote.invalid");
    return use == AddressUse::Response ? kResponse : kClient;
}

bool has(const Table& table, const wire::Name& name) {
    NameHashes hashes;
    table.hash(name, hashes);
    return table.match(name, hashes).has_value();
}

/// Of "20010db8000000000000000000000000.48.response.cenote.invalid", or the same with "open." in front; the tag is left
/// out.
std::optional<AddressRule> rule_of(const wire::Name& name, AddressUse use) {
    if (!name.is_below_or_equal(names_below(use))) return std::nullopt;
    const int labels = name.labels() - names_below(use).labels();
    const std::string whole = name.to_string();
    AddressRule rule;
    rule.use = use;
    rule.sinkholes = labels != 3;
    if (labels < 2 || labels > 3 || (labels == 3 && !whole.starts_with(kOpen))) return std::nullopt;
    const std::string text = rule.sinkholes ? whole : whole.substr(kOpen.size());
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

}  // namespace

std::optional<Version1Rules> read_version1_rules(const Table& table, const format::SourceSets& source_sets) {
    Version1Rules read;
    if (!has(table, names_below(AddressUse::Response)) && !has(table, names_below(AddressUse::Client))) return read;
    // A tag is stored once, and would be a rule at each name.
    const std::size_t most = std::max(kRulesMax, table.heap_bytes);
    bool too_many = false;
    for_each_name(table, [&](const wire::Name& name, const format::Payload& payload) {
        if (!is_version1_address_name(name)) return;
        ++read.names;
        for (const AddressUse use : {AddressUse::Response, AddressUse::Client}) {
            auto rule = rule_of(name, use);
            if (!rule) continue;
            const std::size_t tags = source_sets.starts[payload.own + 1] - source_sets.starts[payload.own];
            too_many = too_many || tags > most - read.rules.size();
            if (too_many) return;
            for (auto item = source_sets.starts[payload.own]; item < source_sets.starts[payload.own + 1]; ++item) {
                rule->tag = source_sets.items[item];
                read.rules.push_back(*rule);
            }
        }
    });
    if (too_many) return std::nullopt;
    arrange(read.rules);
    return read;
}

bool is_version1_address_name(const wire::Name& name) {
    static const wire::Name kAbove = must_parse("cenote.invalid");
    return name.is_below_or_equal(kAbove);
}

}  // namespace cenote::domainset
