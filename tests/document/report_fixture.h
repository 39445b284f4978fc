// SPDX-License-Identifier: Apache-2.0
//
// Reports as `cenote report` makes them, written by code: complete and plausible, empty, large, hostile.
#pragma once

#include "resolver/control/protocol.h"

namespace cenote::document {

using control::Json;

inline constexpr const char* kHostile = "<script>alert(\"1\")</script>&'\x1b[31m\xe2\x80\xae";

/// 28 days, seven services, three groups, three directives, with nulls and hidden numbers in every kind of place.
[[nodiscard]] Json plausible_report();
/// The same members without any rows and numbers: nothing was counted.
[[nodiscard]] Json empty_report();
/// A year of days, 250 services, 50 groups, 20 directives.
[[nodiscard]] Json large_report();
/// The plausible one, with texts that attack a page, a terminal and a spreadsheet wherever people write texts, and
/// names of 300 characters.
[[nodiscard]] Json hostile_report();

}  // namespace cenote::document
