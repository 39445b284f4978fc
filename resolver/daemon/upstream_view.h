// SPDX-License-Identifier: Apache-2.0
//
// The health of the upstream servers over all workers, and a log line when it changes.
//
// Threads:  the control thread.
// Memory:   a few words for each server.
// Failure:  none.
#pragma once

#include "resolver/report/upstreams.h"
#include "resolver/server/server.h"

namespace cenote::daemon {

[[nodiscard]] report::UpstreamViews upstream_views(const server::Server& server);

/// Logs each change between healthy and unhealthy once, and keeps its time.
class UpstreamJournal {
public:
    void look(const report::UpstreamViews& views, WallTime now);
    /// Adds to each server since when it is as it is.
    void add_times(report::UpstreamViews& views) const;

private:
    struct Known {
        bool healthy = true;
        std::optional<WallTime> since;  // nullopt: it has not changed
    };
    std::map<std::string, Known> known_;
};

}  // namespace cenote::daemon
