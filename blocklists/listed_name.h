// SPDX-License-Identifier: Apache-2.0
//
// A domain name as lists have it: international letters become A-labels (UTS 46), letters are folded, a final dot is
// dropped. What people type into cenote.toml or at the command line is read by wire/typed_name.h.
//
// Threads:  any.   Memory: the name.   Failure: the reason, a few words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// nullopt: `why` says what is wrong. The root is refused: it would be every name.
[[nodiscard]] std::optional<wire::Name> parse_listed_name(std::string_view text, std::string& why);

}  // namespace cenote::blocklists
