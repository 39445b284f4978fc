// SPDX-License-Identifier: Apache-2.0
//
// Hands problems that begin and end to the command of [notify]: one run at a time, JSON on its standard input, 30 s for
// each. What happens meanwhile goes into the next run; a run that failed is repeated every minute.
//
// Threads:  the control thread; it never waits for the command.
// Time:     an argument.
// Memory:   at most kWaitingMax problems.
// Failure:  problem() has the reason, and the log has it once with what the command wrote.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "resolver/daemon/piped_process.h"
#include "resolver/daemon/problem_watch.h"

namespace cenote::daemon {

class NotifyCommand {
public:
    static constexpr std::size_t kWaitingMax = 256;

    /// What every message has of the site.
    struct Site {
        std::string node;
        std::string timezone;  // of the times in the text; empty: UTC
    };

    /// Keeps what is to be handed over. A problem that ended before its begin was handed over is not mentioned.
    void announce(const ProblemChanges& changes);
    /// Once a second: starts the command when something waits, and ends one that takes too long. `command`: empty:
    /// none. `keep` is called before a start, so that handed_over() can be stored: whatever ends this process, the next
    /// one can read what the command may have got.
    void turn(const Path& command, const Site& site, WallTime wall, Ticks now, const std::function<void()>& keep);
    /// Takes note of a run that has ended; the same without starting another one.
    void collect(const Path& command, Ticks now);
    /// Why the last run failed; empty: it did not.
    [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
    /// Of these problems those that the command got, or does not need; also those whose end it did not get yet. The
    /// begin of those in the present run is unsure.
    [[nodiscard]] ProblemWatch::Known handed_over(ProblemWatch::Known known) const;

private:
    struct Events {
        ProblemWatch::Known begun;
        ProblemWatch::Known ended;
        std::size_t lost = 0;

        [[nodiscard]] bool empty() const noexcept { return begun.empty() && ended.empty() && lost == 0; }
        [[nodiscard]] std::size_t size() const noexcept { return begun.size() + ended.size(); }
    };
    static std::string text_of(const Events& events, const Site& site, WallTime wall);
    void give_back();
    void fail(const Path& command, const std::string& why, Ticks now);

    PipedProcess process_;
    Events waiting_;
    Events in_run_;  // what the present run was given
    Ticks started_{};
    Ticks not_before_{};
    std::string problem_;
};

}  // namespace cenote::daemon
