// SPDX-License-Identifier: Apache-2.0
//
// Prefixes of addresses in a set of names: lists may close what an answer reveals (RPZ's rpz-ip).
//
// They stand below a name that no client ever gets to ask about ("invalid" is answered locally, RFC 6761 §6.4). A set
// that has any holds addresses_below() itself too, so that one look tells whether a walk is worth it.
//
// Threads:  pure. Control plane.
// Memory:   a name.
// Failure:  nullopt for a name that is no prefix.
#pragma once

#include <optional>

#include "resolver/base/address.h"
#include "resolver/wire/name.h"

namespace cenote::domainset {

/// "address.cenote.invalid"
[[nodiscard]] const wire::Name& addresses_below();
[[nodiscard]] wire::Name name_of(const Prefix& prefix);
[[nodiscard]] std::optional<Prefix> prefix_of(const wire::Name& name);

}  // namespace cenote::domainset
