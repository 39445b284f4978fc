// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/notify_command.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include "resolver/base/log.h"
#include "resolver/base/printable.h"
#include "resolver/base/time_text.h"
#include "resolver/config/config.h"
#include "resolver/control/protocol.h"
#include "resolver/policy/local_times.h"

namespace cenote::daemon {
namespace {

using control::Json;

constexpr milliseconds kTimeMax{30000};
constexpr milliseconds kRepeat{60000};
constexpr std::string_view kOwnKey = "notify";  // that the command fails is no message for the command

Json rows_of(const ProblemWatch::Known& problems) {
    Json rows = Json::array();
    for (const auto& [key, problem] : problems) rows.push_back(report::problem_json(problem));
    return rows;
}

std::string how_it_ended(int how) {
    if (WIFSIGNALED(how)) return fmt::format("was ended by signal {}", WTERMSIG(how));
    return fmt::format("failed with exit code {}", WEXITSTATUS(how));
}

}  // namespace

void NotifyCommand::announce(const ProblemChanges& changes) {
    const auto add = [this](const report::Problem& problem, ProblemWatch::Known& to, ProblemWatch::Known& opposite) {
        if (problem.key() == kOwnKey || opposite.erase(problem.key()) > 0) return;
        if (waiting_.size() < kWaitingMax)
            to.insert_or_assign(problem.key(), problem);
        else
            ++waiting_.lost;
    };
    for (const report::Problem& problem : changes.ended) add(problem, waiting_.ended, waiting_.begun);
    for (const report::Problem& problem : changes.begun) add(problem, waiting_.begun, waiting_.ended);
}

void NotifyCommand::turn(const Path& command, const Site& site, WallTime wall, Ticks now,
                         const std::function<void()>& keep) {
    collect(command, now);
    if (process_.started()) return;
    if (command.empty()) {
        waiting_ = {};
        problem_.clear();
        return;
    }
    if (waiting_.empty() || now < not_before_) return;
    if (auto usable = config::check_command(command); !usable) return fail(command, usable.error().text, now);
    in_run_ = std::exchange(waiting_, {});
    started_ = now;
    keep();
    if (auto started = process_.start(command, text_of(in_run_, site, wall)); !started) {
        give_back();
        fail(command, started.error().text, now);
    }
}

ProblemWatch::Known NotifyCommand::handed_over(ProblemWatch::Known known) const {
    for (const auto& [key, problem] : in_run_.begun)
        if (const auto at = known.find(key); at != known.end()) at->second.unsure = true;
    for (const auto& [key, problem] : waiting_.begun) known.erase(key);
    for (const Events* events : {&in_run_, &waiting_})
        for (const auto& [key, problem] : events->ended) known.try_emplace(key, problem);
    return known;
}

std::string NotifyCommand::text_of(const Events& events, const Site& site, WallTime wall) {
    std::string lines;
    for (const auto& [key, problem] : events.begun)
        lines += fmt::format("{}: {}; {}\n", report::severity_to_text(problem.severity), printable(problem.what),
                             printable(problem.remedy));
    for (const auto& [key, problem] : events.ended) lines += fmt::format("over: {}\n", printable(problem.what));
    const Json message{
        {"v", 1},
        {"node", site.node},
        {"at", format_time(wall)},
        {"subject", fmt::format("cenote {}: {} new, {} over", site.node, events.begun.size(), events.ended.size())},
        {"text", policy::LocalTimes::load_or_utc(site.timezone).shown_in(lines)},
        {"begun", rows_of(events.begun)},
        {"ended", rows_of(events.ended)},
        {"lost", events.lost}};
    return message.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void NotifyCommand::collect(const Path& command, Ticks now) {
    if (!process_.started()) return;
    const auto how = process_.poll();
    if (!how && now - started_ < kTimeMax) return;
    if (!how) process_.end();
    if (how && *how == 0) {
        in_run_ = {};
        if (!problem_.empty()) log::notice("the command of [notify], {}, works again", command.string());
        problem_.clear();
        return;
    }
    give_back();
    fail(command, how ? how_it_ended(*how) : std::string("did not end within 30 s"), now);
}

/// What the command was given waits again, but for what has changed since.
void NotifyCommand::give_back() {
    Events again = std::exchange(in_run_, {});
    Events since = std::exchange(waiting_, std::move(again));
    ProblemChanges changes;
    for (const auto& [key, problem] : since.ended) changes.ended.push_back(problem);
    for (const auto& [key, problem] : since.begun) changes.begun.push_back(problem);
    announce(changes);
    waiting_.lost += since.lost;
}

void NotifyCommand::fail(const Path& command, const std::string& why, Ticks now) {
    not_before_ = now + kRepeat;
    std::string problem = fmt::format("the command of [notify], {}, {}", command.string(), why);
    if (problem == problem_) return;
    problem_ = std::move(problem);
    const std::string& output = process_.output();
    log::warning("{}; it is run again every minute{}{}", problem_,
                 output.empty() ? "" : "; it wrote: ", printable(output));
}

}  // namespace cenote::daemon
