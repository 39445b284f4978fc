// SPDX-License-Identifier: Apache-2.0
//
// The upstream servers as all workers together see them, and the journal's line when one goes or comes back.
//
// Threads:  the control thread.
// Memory:   a few words for each server.
// Failure:  none.
#pragma once

#include <map>
#include <string>

#include "resolver/server/server.h"

namespace cenote::daemon {

struct UpstreamView {
    bool healthy = true;  // as the worker found that asked last
    Ticks judged_at{};    // when that was; zero: no worker has asked
    double rtt_ms = 0;    // the mean of the workers that measured it
    std::uint32_t measured = 0;
    std::uint64_t queries = 0;
    std::uint64_t failures = 0;
};

/// By server, as it is configured.
[[nodiscard]] std::map<std::string, UpstreamView> upstream_views(const server::Server& server);

/// Logs each change between healthy and sick once.
class UpstreamJournal {
public:
    void look(const std::map<std::string, UpstreamView>& views);

private:
    std::map<std::string, bool> healthy_;
};

}  // namespace cenote::daemon
