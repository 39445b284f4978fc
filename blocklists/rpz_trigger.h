// SPDX-License-Identifier: Apache-2.0
//
// The rule of one record of a response policy zone: its owner name is the trigger (a name, all names below one, or
// addresses), its type and CNAME target are the action (draft-vixie-dnsop-dns-rpz §3, §4).
//
// Threads:  pure.   Memory: the rule.   Failure: the reason in `why`.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "blocklists/dialects.h"
#include "resolver/domainset/address_rule.h"

namespace cenote::blocklists {

struct RpzRule {
    Rule rule;
    bool understood = false;
    bool applies = true;  // false: the record gives no rule (rpz-nsdname, rpz-nsip, rpz-tcp-only)
};

/// `owner`: without the zone's name. `cname`: the target of a CNAME record; nullopt: the record is of another type.
[[nodiscard]] RpzRule read_rpz_record(std::string_view owner, std::optional<std::string_view> cname, std::string& why);

/// `trigger` is not Name.
[[nodiscard]] constexpr domainset::AddressUse address_use_of(Rule::Trigger trigger) noexcept {
    return trigger == Rule::Trigger::ClientIp ? domainset::AddressUse::Client : domainset::AddressUse::Response;
}

/// Of "24.0.2.0.192", "48.zz.db8.2001".
[[nodiscard]] std::optional<Prefix> parse_rpz_prefix(std::string_view text);
[[nodiscard]] std::string rpz_prefix_to_text(const Prefix& prefix);

}  // namespace cenote::blocklists
