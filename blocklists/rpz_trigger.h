// SPDX-License-Identifier: Apache-2.0
//
// What an owner name in a response policy zone means: a name, all names below one, or addresses
// (draft-vixie-dnsop-dns-rpz §4).
//
// Threads:  pure.   Memory: the rule.   Failure: the reason, a few words.
#pragma once

#include <string>
#include <string_view>

#include "blocklists/dialects.h"
#include "resolver/domainset/address_names.h"

namespace cenote::blocklists {

struct RpzTrigger {
    Rule rule;
    bool understood = false;
    bool obeyed = true;  // false: of a kind that nothing here obeys (rpz-nsdname, rpz-nsip)
};

/// `text`: the owner without the zone's name.
[[nodiscard]] RpzTrigger read_rpz_trigger(std::string_view text, std::string& why);

/// Of a trigger that is none of names.
[[nodiscard]] constexpr domainset::AddressUse address_use_of(Rule::Trigger trigger) noexcept {
    return trigger == Rule::Trigger::ClientIp ? domainset::AddressUse::Client : domainset::AddressUse::Response;
}

/// "24.0.2.0.192", "48.zz.2001.db8" -> the prefix.
[[nodiscard]] std::optional<Prefix> parse_rpz_prefix(std::string_view text);
[[nodiscard]] std::string rpz_prefix_to_text(const Prefix& prefix);

}  // namespace cenote::blocklists
