// SPDX-License-Identifier: Apache-2.0
//
// What list verbs have in common: rows with `id`, of which one may be asked for. Private to the tool.
//
// Threads: pure.
#pragma once

#include <string>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// The row whose id or alias is `id`; the Error names the nearest one.
Result<Json> find_row(const Json& rows, const std::string& id, std::string_view what);

}  // namespace cenote::cli
