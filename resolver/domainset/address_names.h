// SPDX-License-Identifier: Apache-2.0
//
// Address prefixes as names of a set: a list may sinkhole answers that reveal an address, or the queries of some
// clients (rpz-ip and rpz-client-ip of response policy zones).
//
// They are names below cenote.invalid, which no query reaches: "invalid" is answered locally (RFC 6761 §6.4). A set
// that has any also has addresses_below() itself, so that one lookup shows whether a walk is needed.
//
// Threads:  pure. Control plane.
// Memory:   a name.
// Failure:  nullopt for any other name.
#pragma once

#include <cstdint>
#include <optional>

#include "resolver/base/address.h"
#include "resolver/wire/name.h"

namespace cenote::domainset {

/// Addresses in answers, or addresses of clients.
enum class AddressUse : std::uint8_t { Response, Client };

/// "response.cenote.invalid", "client.cenote.invalid"
[[nodiscard]] const wire::Name& addresses_below(AddressUse use);
/// A list sinkholes a prefix, or leaves it open inside one that it sinkholes.
struct AddressRule {
    Prefix prefix;
    bool closes = true;
};
[[nodiscard]] wire::Name name_of(const AddressRule& rule, AddressUse use);
[[nodiscard]] std::optional<AddressRule> rule_of(const wire::Name& name, AddressUse use);
/// Whether it is such a name, or cenote.invalid itself.
[[nodiscard]] bool is_address_name(const wire::Name& name);

}  // namespace cenote::domainset
