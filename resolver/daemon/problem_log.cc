// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/problem_log.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kForgotten{180000};

}  // namespace

void ProblemLog::note_reload(const Status& done, WallTime at) {
    if (!done) {
        refused_reload_ = Refusal{at, done.error().text};
        return;
    }
    refused_start_.reset();
    refused_reload_.reset();
    refused_set_.reset();
}

void ProblemLog::note_set(const Status& done, WallTime at) {
    if (!done) {
        refused_set_ = Refusal{at, done.error().text};
        return;
    }
    refused_set_.reset();
    update_failure_.reset();
}

WallTime ProblemLog::since(const std::string& key, WallTime wall, Ticks now) {
    std::erase_if(seen_, [now](const auto& each) { return now - each.second.last > kForgotten; });
    Seen& seen = seen_.try_emplace(key, Seen{wall, now}).first->second;
    seen.last = now;
    return seen.first;
}

}  // namespace cenote::daemon
