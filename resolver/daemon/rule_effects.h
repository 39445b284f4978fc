// SPDX-License-Identifier: Apache-2.0
//
// The effect of a directive before it is made: what it would take, for whom, how often those clients asked for it, and
// which other directives take the same.
//
// Threads: the control thread.   Memory: the answer.   Failure: none.
#pragma once

#include <string>

#include "resolver/control/protocol.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// The fields of a dry run: `takes`, `whom`, `asked`, `taken_already`, `notes`. `would_be`: the policy with the
/// directive `id`, on which `remarks` are.
[[nodiscard]] control::Json rule_effects(const Running& running, const policy::Policy& would_be,
                                         const Diagnostics& remarks, const std::string& id);

/// Whether some target of one directive is a name at or above one of the other.
[[nodiscard]] bool nested(const policy::Directive& a, const policy::Directive& b);

}  // namespace cenote::daemon
