// SPDX-License-Identifier: Apache-2.0
//
// Finding one row among those that a list verb prints. Private to the tool.
//
// Threads: pure.   Memory: the row.   Failure: Result with one line.
#pragma once

#include <string>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// The row whose id or alias is `id`; the Error names the nearest one.
Result<Json> find_row(const Json& rows, const std::string& id, std::string_view what);

}  // namespace cenote::cli
