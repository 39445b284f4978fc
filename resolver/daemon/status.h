// SPDX-License-Identifier: Apache-2.0
//
// Collects the plain values of which resolver/report builds the answers to `status`, `stats`, `top` and `groups`.
//
// Threads: the control thread.   Memory: the answer.   Failure: none.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/control/protocol.h"
#include "resolver/daemon/running.h"
#include "resolver/report/problems.h"

namespace cenote::daemon {

/// What may need attention. Its spans are of the policy in force, and last as long as that.
[[nodiscard]] report::Condition condition_of(Running& running);
/// What needs attention. The call itself notes when a problem without a time of its own was first seen, and so must
/// happen at least every minute.
[[nodiscard]] std::vector<report::Problem> problems_of(Running& running, const report::Condition& condition);
[[nodiscard]] std::vector<report::Problem> problems_of(Running& running);
[[nodiscard]] std::vector<report::XdpQueue> xdp_queues(const Running& running);
[[nodiscard]] report::Sending sending(const Running& running);
[[nodiscard]] control::Json status_json(Running& running);
/// `why_no_rows` is asked why rows of clients may not be shown, where there are any; empty: they may.
[[nodiscard]] control::Json stats_json(Running& running, const std::function<std::string()>& why_no_rows);
[[nodiscard]] control::Json groups_json(Running& running);
/// The most frequent rows; nullopt for an unknown `what`. Names are listed from `clients_min` clients on.
[[nodiscard]] std::optional<control::Json> top_json(Running& running, std::string_view what, std::size_t rows,
                                                    std::uint64_t clients_min);

}  // namespace cenote::daemon
