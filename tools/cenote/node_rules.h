// SPDX-License-Identifier: Apache-2.0
//
// Which rules another node has in force, as it answers `CH TXT policy.cenote`: to compare nodes without an account
// there.
//
// Threads: one; it waits for the answer, three seconds at most.   Memory: a packet.
// Failure: Error: no answer, or one without the digest.
#pragma once

#include <optional>
#include <string>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/result.h"

namespace cenote::cli {

/// The first 16 digits of the node's rules_digest.
Result<std::string> rules_of_node(const SocketAddress& node);

/// The digest in a response to the query with this id; nullopt: there is none.
[[nodiscard]] std::optional<std::string> rules_in_response(ByteView packet, std::uint16_t id);

}  // namespace cenote::cli
