// SPDX-License-Identifier: Apache-2.0
//
// What verbs that list rows share: finding one among them by a name that a person typed, and who made or ended it.
// Private to the tool.
//
// Threads: pure.   Memory: the row.   Failure: Result with one line.
#pragma once

#include <string>
#include <vector>

#include "tools/cenote/session.h"

namespace cenote::cli {

/// Who made or ended a rule: "2026-11-28 18:40 KST by root for kim, 2026-117: a note"; empty: it is not known.
std::string deed_text(Session& session, const Json& row, const char* key);

/// The row whose id or alias is `id`, or else the only one that has it as its id, alias or name without regard to case.
/// The Error names the ones that are near.
Result<Json> find_row(const Json& rows, const std::string& id, std::string_view what);

/// "there is no category 'ai'; …" with those of the `known` words that are near, or all of them where they are few.
[[nodiscard]] Error no_such_word(std::string_view what, const std::string& word, std::vector<std::string> known);

}  // namespace cenote::cli
