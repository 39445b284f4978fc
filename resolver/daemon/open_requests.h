// SPDX-License-Identifier: Apache-2.0
//
// What requests of the control socket have begun and not ended, among it the sessions of the web page, and the last
// proofs that they saved.
//
// Threads: the control thread.   Memory: that of its parts, of an import kHistoryRowsMax rows.
// Failure: that of its parts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/daemon/proofs.h"
#include "resolver/daemon/request_times.h"
#include "resolver/daemon/reveals.h"
#include "resolver/daemon/slow_work.h"
#include "resolver/daemon/web_sessions.h"
#include "resolver/history/store.h"

namespace cenote::daemon {

/// The parts of an import of a history that have come so far.
struct HistoryImport {
    std::string actor;
    std::uint64_t parts = 0;
    WallTime last{};
    history::Imported rows;
};

struct OpenRequests {
    explicit OpenRequests(loop::Loop& loop) : slow(loop) {}

    RequestTimes exceptions;
    Reveals reveals;
    std::optional<HistoryImport> history_import;
    Proofs proofs;
    SlowWork slow;
    WebSessions web;
    control::Reply web_page;               // to cenote-web, as long as it serves the page
    std::vector<std::string> web_listens;  // where it does
};

}  // namespace cenote::daemon
