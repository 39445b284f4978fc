// SPDX-License-Identifier: Apache-2.0
//
// Collects counters and gauges from the parts of a running daemon (docs/METRICS.md).
//
// Threads: the control thread.   Memory: the answer.   Failure: none.
#pragma once

#include <string>

#include "resolver/daemon/running.h"

namespace cenote::daemon {

/// Counters of the recorders, and beside them those that cache and upstream keep. No gauges.
[[nodiscard]] telemetry::Metrics collect(Running& running);

/// Counters and gauges in the text format of Prometheus.
[[nodiscard]] std::string metrics_text(Running& running);

}  // namespace cenote::daemon
