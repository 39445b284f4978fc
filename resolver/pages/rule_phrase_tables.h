// SPDX-License-Identifier: Apache-2.0
//
// The tables of which rule_phrases() consists. Private to pages.
//
// Threads: pure.   Memory: static.   Failure: none.
#pragma once

#include <span>

#include "resolver/pages/phrases.h"

namespace cenote::pages {

[[nodiscard]] std::span<const Phrase> rule_value_phrases() noexcept;  // columns, and words for values
[[nodiscard]] std::span<const Phrase> rule_state_phrases() noexcept;  // exceptions, bypass, proof, reports, health
[[nodiscard]] std::span<const Phrase> rule_look_phrases() noexcept;   // live, log, audit, privacy, explain

}  // namespace cenote::pages
