// SPDX-License-Identifier: Apache-2.0
//
// The key `answer`, which [sinkhole], groups and directives have. Private to config.
#pragma once

#include "resolver/config/sections.h"

namespace cenote::config {

/// A mode whose address or name [sinkhole] lacks is a mistake, so that section must be read first.
std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table, Draft& draft);

}  // namespace cenote::config
