// SPDX-License-Identifier: Apache-2.0
//
// Looks at clients and single queries: who may look, and the record of each look in the audit trail.
//
// Threads:  the control thread.
// Time:     reads the clock.
// Memory:   values.
// Failure:  an Error where no record can be written; then nothing may be shown.
#pragma once

#include <string>
#include <string_view>

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// The response to a user without Peer::may_inspect.
[[nodiscard]] control::Response may_not_inspect(const control::Peer& peer, std::string_view what);
/// What of a client is kept.
[[nodiscard]] telemetry::IdentityLevel identity_level(const Running& running);
/// How records name a client: by no more than the level keeps.
[[nodiscard]] std::string subject_text(Running& running, const IpAddress& client);
/// Why the clients behind `what` cannot be shown to `peer`, also where this look cannot be recorded; empty: they can,
/// and the look is recorded.
[[nodiscard]] std::string why_no_clients(Running& running, const control::Peer& peer, const control::Request& request,
                                         const std::string& what);
/// Records that `peer` looks at `what`, with the purpose that the request gives, if any.
[[nodiscard]] Status record_look(Running& running, const control::Peer& peer, const control::Request& request,
                                 std::string what);

}  // namespace cenote::daemon
