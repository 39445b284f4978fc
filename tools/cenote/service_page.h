// SPDX-License-Identifier: Apache-2.0
//
// One service of the catalogue for people: its fields, wrapped at the width of the terminal or at 100 columns, and its
// names. Private to the tool.
//
// Threads: one.   Memory: the text.   Failure: none here; main() checks stdout once, at the end.
#pragma once

#include "tools/cenote/session.h"

namespace cenote::cli {

/// `row`: as `cenote services ID --json` prints it.
void print_service(const Json& row);

}  // namespace cenote::cli
