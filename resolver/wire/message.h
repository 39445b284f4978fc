// SPDX-License-Identifier: Apache-2.0
//
// Messages as text, and rdata from text. The only user of ldns; slow paths only.
//
// Threads:  any; ldns keeps no state of its own here.
// Failure:  Result with the message of ldns.
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

/// The type named "A", "HTTPS" or "TYPE65"; nullopt when the text names none.
std::optional<RrType> parse_type(std::string_view text);
std::string type_to_text(RrType type);

/// The uncompressed rdata of `value`, which is written as in a zone file.
Result<std::vector<std::uint8_t>> rdata_from_text(RrType type, std::string_view value);

}  // namespace cenote::wire
