// SPDX-License-Identifier: Apache-2.0
//
// Messages for people and rdata from text. The door to ldns; slow paths only.
//
// Threads:  any; ldns keeps no state of its own here.
// Failure:  Result with ldns's own words.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/result.h"
#include "resolver/wire/types.h"

namespace cenote::wire {

/// The message in dig's layout.
Result<std::string> to_text(ByteView packet);

/// "A", "HTTPS", "TYPE65"; nullopt when it is none.
std::optional<RrType> parse_type(std::string_view text);
std::string type_to_text(RrType type);

/// Uncompressed rdata of `value` as a zone file would write it.
Result<std::vector<std::uint8_t>> rdata_from_text(RrType type, std::string_view value);

}  // namespace cenote::wire
