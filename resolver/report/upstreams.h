// SPDX-License-Identifier: Apache-2.0
//
// The upstream servers as all workers together see them.
//
// Threads: pure.   Memory: a few words for each server.   Failure: none.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "resolver/report/values.h"
#include "resolver/upstream/upstream.h"

namespace cenote::report {

struct UpstreamView {
    bool healthy = true;            // by the worker that asked last
    Ticks judged_at{};              // when that was; zero: no worker has asked
    bool answered = false;          // some worker, in this run
    double rtt_ms = 0;              // the mean of the workers that measured it
    std::uint32_t measured = 0;     // workers; with 0 the mean is unknown
    std::optional<WallTime> since;  // when it became as it is; nullopt: not since the start
    std::uint64_t queries = 0;
    std::uint64_t failures = 0;
    std::string why{};  // it is not healthy, by the worker that asked last; empty: there is nothing to add
};
using UpstreamViews = std::map<std::string, UpstreamView>;  // by server, as it is configured

/// Adds what one worker has measured of its servers.
void add_worker(std::span<const upstream::ServerHealth> worker, UpstreamViews& views);

/// "upstream X does not answer", and why, where that is known.
[[nodiscard]] std::string sickness_of(const std::string& server, const UpstreamView& view);

[[nodiscard]] Json upstreams_json(const UpstreamViews& views);

}  // namespace cenote::report
