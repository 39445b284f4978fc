// SPDX-License-Identifier: Apache-2.0
//
// One service of the catalogue for people: its fields, wrapped at 100 columns, and its names. Private to the tool.
//
// Threads: one.   Memory: the text.   Failure: none here; main() checks stdout once, at the end.
#pragma once

#include <string>
#include <string_view>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// `row`: as `cenote services ID --json` prints it.
void print_service(const Json& row);

/// The words of `text` in lines of at most `width` columns, all but the first indented by `indent`. A word that is
/// longer has a line of its own.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width, std::size_t indent);

}  // namespace cenote::cli
