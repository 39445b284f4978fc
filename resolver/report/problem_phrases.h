// SPDX-License-Identifier: Apache-2.0
//
// Makes problems of their codes and values.
//
// Threads: pure.   Memory: the texts.   Failure: none.
#pragma once

#include <optional>
#include <string>

#include "resolver/base/sentence.h"
#include "resolver/report/problems.h"

namespace cenote::report {

/// With the English texts of its phrases.
[[nodiscard]] Problem problem_of(Severity severity, std::string code, SentenceValues values,
                                 std::optional<WallTime> since = {}, std::string id = {}, Logged logged = Logged::No);

}  // namespace cenote::report
