// SPDX-License-Identifier: Apache-2.0
//
// The key `answer`, which [sinkhole], groups and directives have. Private to config.
#pragma once

#include "resolver/rules/policy_tables.h"

namespace cenote::rules {

/// A mode whose address or name [sinkhole] does not give is a mistake; read that section first.
std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table, PolicyDraft& draft);

}  // namespace cenote::rules
