// SPDX-License-Identifier: Apache-2.0
//
// Checks a rule by itself before it is stored. Control plane.
//
// Threads: any.   Memory: values.   Failure: Result with one line that names the rule.
#pragma once

#include <string_view>

#include "resolver/state/state.h"

namespace cenote::rules {

inline constexpr std::size_t kRuleTextMax = 64 << 10;  // bytes of one rule
inline constexpr std::size_t kFreeTextMax = 1000;      // bytes of a text without a form: a purpose, a note

/// Letters, digits, '.', '_' and '-', at most 64 of them. A number behind the last '-' has nine digits at most, so that
/// an id chosen by a person cannot use up the numbers from which a node makes its own ids.
[[nodiscard]] bool is_rule_id(std::string_view id) noexcept;

/// The id is one, and the text is exactly one document of the rule's kind: a [[directive]] or [[exception]] with this
/// id, an [[allow]] that ends, the end of a suspension. policy::Policy::check() checks it against the policy.
Status check_rule(const state::Rule& rule);

}  // namespace cenote::rules
