// SPDX-License-Identifier: Apache-2.0
//
// What verbs that list rows share: finding one among them, and who made or ended it. Private to the tool.
//
// Threads: pure.   Memory: the row.   Failure: Result with one line.
#pragma once

#include <string>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// Who made or ended a rule: "2026-11-28 18:40 KST by root for kim, 2026-117: a note"; empty: it is not known.
std::string deed_text(Session& session, const Json& row, const char* key);

/// The row whose id or alias is `id`; the Error names the nearest one.
Result<Json> find_row(const Json& rows, const std::string& id, std::string_view what);

}  // namespace cenote::cli
