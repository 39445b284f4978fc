// SPDX-License-Identifier: Apache-2.0
//
// What `cenote status`, `cenote stats` and `cenote top` show.
//
// Threads: the control thread.   Memory: the answer.   Failure: none.
#pragma once

#include <optional>
#include <string_view>

#include "resolver/control/protocol.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// What needs attention: severity, what, since, do.
[[nodiscard]] control::Json problems_json(Running& running);
[[nodiscard]] control::Json status_json(Running& running);
[[nodiscard]] control::Json stats_json(Running& running);
/// What is asked most, or who asks most; nullopt: there is no such `what`. Of names only those that so many ask for.
[[nodiscard]] std::optional<control::Json> top_json(Running& running, std::string_view what, std::size_t rows,
                                                    std::uint64_t clients_min);

}  // namespace cenote::daemon
