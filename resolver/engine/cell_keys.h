// SPDX-License-Identifier: Apache-2.0
//
// What the queries of each cell of a policy are counted under, in one table, so that a query looks up one row.
//
// Threads:  made in the control plane, read by any thread.
// Memory:   8 bytes a cell.
// Failure:  none.
#pragma once

#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/telemetry/event.h"

namespace cenote::engine {

struct CellKeys {
    telemetry::Key service = telemetry::kKeyNone;
    telemetry::Key directive = telemetry::kKeyNone;
    telemetry::Key exception = telemetry::kKeyNone;
    telemetry::IdentityLevel identity = telemetry::IdentityLevel::None;  // what of a client the hits carry
    bool bypass = false;                                                 // the service is a way around this resolver
};

/// By number of the cell. `allowed` is [privacy].identity, the most that a directive may keep.
[[nodiscard]] std::vector<CellKeys> cell_keys_of(const policy::Policy& policy, telemetry::IdentityLevel allowed,
                                                 telemetry::Keys& keys);

}  // namespace cenote::engine
