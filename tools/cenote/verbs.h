// SPDX-License-Identifier: Apache-2.0
//
// The verbs of the command line. Each add_ function adds verbs to the parser, and an action for each verb, which runs
// once the whole line has been parsed.
//
// Threads: one.   Memory: the parser's tree and the flags of each verb.   Failure: the exit code of the action.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>

#include "tools/cenote/session.h"

namespace cenote::cli {

class Verbs {
public:
    using Action = std::function<Exit(Session& session)>;

    explicit Verbs(CLI::App& app) : app_(app) {}

    /// A new verb. Its flags live in a struct behind a shared_ptr that the action captures.
    CLI::App* add(const std::string& name, const std::string& description) {
        CLI::App* verb = app_.add_subcommand(name, description);
        verb->fallthrough();  // --config and --socket may follow the verb as well
        return verb;
    }
    void on(const CLI::App* verb, Action action) { actions_[verb] = std::move(action); }
    /// The action of the verb on the command line.
    [[nodiscard]] const Action& chosen() const {
        const CLI::App* verb = app_.get_subcommands().front();
        while (!verb->get_subcommands().empty()) verb = verb->get_subcommands().front();
        return actions_.at(verb);
    }
    [[nodiscard]] CLI::App& app() noexcept { return app_; }

private:
    CLI::App& app_;
    std::map<const CLI::App*, Action> actions_;
};

/// The type of an option whose value is a time: main() puts it into UTC before the action sees it.
inline constexpr const char* kTimeType = "TIME";

/// Checks in the form that the parser takes: the error, or an empty string.
[[nodiscard]] std::string check_time(const std::string& text);

/// A name to query, and a name that stands for itself and all names below it.
[[nodiscard]] std::string check_question(const std::string& text);
[[nodiscard]] std::string check_subtree(const std::string& text);

void add_explain(Verbs& verbs);     // explain
void add_services(Verbs& verbs);    // services
void add_listings(Verbs& verbs);    // lists, groups, directives
void add_holds(Verbs& verbs);       // verdicts, allows, resume
void add_status(Verbs& verbs);      // status, stats, metrics, top
void add_bypass(Verbs& verbs);      // bypass
void add_tail(Verbs& verbs);        // tail
void add_log(Verbs& verbs);         // log
void add_operations(Verbs& verbs);  // reload, flush
void add_update(Verbs& verbs);      // update
void add_sets(Verbs& verbs);        // compile, inspect
void add_rules(Verbs& verbs);       // directive, observe, advise, restrict, block, allow, suspend
void add_exceptions(Verbs& verbs);  // exception, exceptions
void add_state(Verbs& verbs);       // state, backup, restore
void add_audit(Verbs& verbs);       // audit
void add_export(Verbs& verbs);      // export
void add_dnr(Verbs& verbs);         // dnr
void add_profile(Verbs& verbs);     // profile
void add_report(Verbs& verbs);      // report
void add_privacy(Verbs& verbs);     // privacy, reveal
void add_prove(Verbs& verbs);       // prove
void add_history(Verbs& verbs);     // history
void add_web(Verbs& verbs);         // web
void add_completion(Verbs& verbs);  // completion
void add_help(Verbs& verbs);        // help

}  // namespace cenote::cli
