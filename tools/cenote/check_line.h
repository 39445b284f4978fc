// SPDX-License-Identifier: Apache-2.0
//
// `cenote status --check`: one line and an exit code as monitoring plugins give them (Nagios, Icinga).
//
// Threads: pure.   Memory: the line.   Failure: none.
#pragma once

#include <string>
#include <string_view>

#include "tools/cenote/session.h"

namespace cenote::cli {

struct CheckResult {
    Exit exit = Exit::Done;
    std::string line;
};

/// By the severest of the problems; notices do not count. `well`: what the line says when all is well.
[[nodiscard]] CheckResult check_problems(const Json& problems, std::string_view well);
/// The daemon gave no answer.
[[nodiscard]] CheckResult check_without_answer(const Error& error);

}  // namespace cenote::cli
