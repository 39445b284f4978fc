// SPDX-License-Identifier: Apache-2.0
//
// Prefixes of addresses in a set of names: lists may close what an answer reveals, or what certain
// clients ask (RPZ's rpz-ip and rpz-client-ip).
//
// They stand below a name that no client ever gets to ask about ("invalid" is answered locally, RFC 6761 §6.4). A set
// that has any holds addresses_below() itself too, so that one look tells whether a walk is worth it.
//
// Threads:  pure. Control plane.
// Memory:   a name.
// Failure:  nullopt for a name that is none of these.
#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/address.h"
#include "resolver/wire/name.h"

namespace cenote::domainset {

/// Addresses that answers reveal, or that clients have.
enum class AddressUse : std::uint8_t { Response, Client };

/// "response.cenote.invalid", "client.cenote.invalid"
[[nodiscard]] const wire::Name& addresses_below(AddressUse use);
/// A list closes a prefix, or leaves it open inside one that it closes.
struct AddressRule {
    Prefix prefix;
    bool closes = true;
};
[[nodiscard]] wire::Name name_of(const AddressRule& rule, AddressUse use);
[[nodiscard]] std::optional<AddressRule> rule_of(const wire::Name& name, AddressUse use);
/// Whether it is such a name, or above them.
[[nodiscard]] bool is_address_name(const wire::Name& name);

}  // namespace cenote::domainset
