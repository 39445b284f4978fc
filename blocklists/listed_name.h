// SPDX-License-Identifier: Apache-2.0
//
// A domain name in a list: U-labels become A-labels (UTS 46), letters are folded to lower case, a final dot is dropped.
// Names in cenote.toml and at the command line are read by wire/typed_name.h.
//
// Threads:  any.   Memory: the name.   Failure: the reason, a few words.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "resolver/wire/name.h"

namespace cenote::blocklists {

/// nullopt: `why` has the reason. The root is refused: it would cover every name.
[[nodiscard]] std::optional<wire::Name> parse_listed_name(std::string_view text, std::string& why);

}  // namespace cenote::blocklists
