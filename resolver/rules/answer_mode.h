// SPDX-License-Identifier: Apache-2.0
//
// The key `answer`, which [sinkhole], groups and directives have. Private to rules.
//
// Threads: one.   Memory: none.   Failure: a Diagnostic, and nullopt for an unknown word.
#pragma once

#include "resolver/rules/policy_tables.h"

namespace cenote::rules {

/// A mode needs the address or name that [sinkhole] gives; read that section first.
std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table, PolicyDraft& draft);

}  // namespace cenote::rules
