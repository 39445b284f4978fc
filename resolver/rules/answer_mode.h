// SPDX-License-Identifier: Apache-2.0
//
// The key `answer`, which [sinkhole], groups and directives have. Private to rules.
//
// Threads: one.   Memory: none.   Failure: a Diagnostic, and nullopt for an unknown word.
#pragma once

#include "resolver/rules/policy_tables.h"

namespace cenote::rules {

std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table);
/// An error at `place` for a mode that needs an address or a name which [sinkhole] does not give.
void check_answer_mode(std::optional<policy::AnswerMode> mode, const policy::SinkholeOptions& sinkhole,
                       const SourcePlace& place, Diagnostics& diagnostics);

}  // namespace cenote::rules
