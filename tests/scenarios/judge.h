// SPDX-License-Identifier: Apache-2.0
//
// Whether an answer is the one that a scenario expects: flags, rcode, EDNS, extended errors, and every record with its
// TTL, in order.
#pragma once

#include <optional>
#include <string>

#include "tests/scenarios/script.h"

namespace cenote::scenarios {

/// What differs, with both answers in dig's layout; nullopt: nothing does.
[[nodiscard]] std::optional<std::string> compare_answer(const Entry& expected, ByteView query, ByteView answer);

}  // namespace cenote::scenarios
