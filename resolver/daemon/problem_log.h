// SPDX-License-Identifier: Apache-2.0
//
// What went wrong and has not been put right: the files at the start, the last reload, the newest set, the last update;
// and since when each problem of `cenote status` is known. Control plane.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   a text for each problem of the last minutes.
// Failure:  none.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "blocklists/list_store.h"
#include "resolver/base/clock.h"
#include "resolver/base/result.h"

namespace cenote::daemon {

class ProblemLog {
public:
    struct Refusal {
        WallTime at{};
        std::string why;  // a line for each mistake
    };

    /// The files were refused at the start, and what was in force before them is in force.
    void note_refused_start(Refusal refusal) { refused_start_ = std::move(refusal); }
    /// The result of a reload. Success clears the refused start, and the refused set, which was read with the files.
    void note_reload(const Status& done, WallTime at);
    /// The result of reading the set alone. Success clears the failed update as well.
    void note_set(const Status& done, WallTime at);
    /// An update failed that could write no note beside the set.
    void note_update_failure(blocklists::UpdateFailure failure) { update_failure_ = std::move(failure); }

    /// Why the command of [notify] failed; empty: it did not.
    void note_notify_problem(std::string why) { notify_problem_ = std::move(why); }

    [[nodiscard]] const std::string& notify_problem() const noexcept { return notify_problem_; }
    /// Keys of the files that differ from what this process was started with, and wait for the next one.
    void note_waiting_for_restart(std::vector<std::string> keys) { waiting_for_restart_ = std::move(keys); }

    [[nodiscard]] const std::optional<Refusal>& refused_start() const noexcept { return refused_start_; }
    [[nodiscard]] const std::vector<std::string>& waiting_for_restart() const noexcept { return waiting_for_restart_; }
    [[nodiscard]] const std::optional<Refusal>& refused_reload() const noexcept { return refused_reload_; }
    [[nodiscard]] const std::optional<Refusal>& refused_set() const noexcept { return refused_set_; }
    [[nodiscard]] const std::optional<blocklists::UpdateFailure>& update_failure() const noexcept {
        return update_failure_;
    }

    /// Since when a problem is known that has no time of its own. It is looked for all the time; one that was absent
    /// for three minutes is another one.
    [[nodiscard]] WallTime since(const std::string& key, WallTime wall, Ticks now);
    /// The problem of an earlier run, or one that is over: another one with its key is another problem.
    void remember(const std::string& key, WallTime since, Ticks now) { seen_.insert_or_assign(key, Seen{since, now}); }
    void forget(const std::string& key) { seen_.erase(key); }

private:
    struct Seen {
        WallTime first{};
        Ticks last{};
    };
    std::optional<Refusal> refused_start_;
    std::optional<Refusal> refused_reload_;
    std::vector<std::string> waiting_for_restart_;
    std::optional<Refusal> refused_set_;
    std::optional<blocklists::UpdateFailure> update_failure_;
    std::string notify_problem_;
    std::map<std::string, Seen> seen_;
};

}  // namespace cenote::daemon
