// SPDX-License-Identifier: Apache-2.0
//
// All that is counted and measured, collected from the modules that keep it (docs/METRICS.md).
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
