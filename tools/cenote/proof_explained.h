// SPDX-License-Identifier: Apache-2.0
//
// The part of a proof that is not asked on the wire: for clients that this host is not, the daemon explains the names.
// Private to the tool.
//
// Threads: one; it asks the daemon.   Memory: one answer.   Failure: Result with one line.
#pragma once

#include <atomic>

#include "tools/cenote/proof_run.h"

namespace cenote::cli {

struct AskedSoFar {
    std::string group;  // --group; empty: none
    const std::vector<proof::Asked>& lanes;
};

/// Empty: any client is.
[[nodiscard]] bool is_in_group(const policy::Policy& policy, const std::string& group, const IpAddress& client);

/// Explains what the lanes could not ask: as a client of the group, or of the directive; and as the client of each
/// exception under it.
Status explain_others(Session& session, const proof::Plan& plan, const AskedSoFar& asked, const std::atomic<bool>& stop,
                      ProvedDirective& proved);

}  // namespace cenote::cli
