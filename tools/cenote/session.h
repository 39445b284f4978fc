// SPDX-License-Identifier: Apache-2.0
//
// What all verbs use: the configuration, the set and the policy of the files, and requests to the daemon.
//
// Threads:  one.
// Memory:   the settings, a mapping of the set, a connection while a request is under way.
// Failure:  Result with a line for people; each mistake of a configuration has a line of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/control/control.h"
#include "resolver/engine/snapshot.h"
#include "resolver/policy/policy.h"

namespace cenote::cli {

using control::Json;

/// The exit code. The parser itself reports a wrong command line, with 2.
enum class Exit : int { Done = 0, Failed = 1 };

/// A policy read from files, and the local names.
struct PolicyFromFiles {
    std::shared_ptr<const policy::Policy> policy;
    engine::LocalNames local;
    std::string remark;  // how it may differ from what was in force; empty: it does not
};

class Session {
public:
    // Set from the command line and the environment.
    Path config = "/etc/cenote/cenote.toml";
    Path socket;  // empty: the one in the configuration

    Result<const config::Settings*> settings();
    /// The configured set, or the previous one where it cannot be read; null when none is configured.
    Result<std::shared_ptr<const domainset::DomainSet>> set();
    /// The policy that files and state give for `at`.
    Result<PolicyFromFiles> policy(WallTime at);
    /// The policy that was in force at a past time, from the state file.
    Result<PolicyFromFiles> past_policy(WallTime at);

    /// The policy in force in the daemon; without a daemon, policy().
    Result<PolicyFromFiles> policy_in_force(WallTime at);

    /// The daemon's data for a verb. The parts of a long array are joined.
    Result<Json> ask(const std::string& verb, Json args);
    /// The same for a text, whose pieces are joined.
    Result<std::string> ask_text(const std::string& verb, Json args);
    /// The open files that the daemon gives for a verb.
    Result<std::vector<std::shared_ptr<const UniqueFd>>> ask_files(const std::string& verb);
    /// nullopt where no daemon listens. A refusal by the daemon is an error, and files are not read instead.
    std::optional<Result<Json>> ask_if_there(const std::string& verb, Json args);
    /// The daemon's data for a verb; where no daemon listens, the result of `from_files`.
    template <typename FromFiles>
    Result<Json> ask_or_read(const std::string& verb, Json args, FromFiles from_files) {
        if (auto answer = ask_if_there(verb, std::move(args))) return std::move(*answer);
        note_use_of_files();
        return from_files();
    }
    [[nodiscard]] bool daemon_listens();
    /// Notes that files were read in place of the daemon.
    void note_use_of_files() noexcept { used_files_ = true; }
    /// Whether that happened: main() prints a line about it when the verb has succeeded.
    [[nodiscard]] bool used_files() const noexcept { return used_files_; }

private:
    Result<control::Response> call(const std::string& verb, Json args);
    /// The set that the daemon has in force; null where it has none.
    Result<std::shared_ptr<const domainset::DomainSet>> set_of_daemon();
    /// Each request has a connection of its own: the daemon closes one that is silent, as during a long fetch.
    Result<std::unique_ptr<control::ControlClient>> connect_if_there();

    std::optional<config::Settings> settings_;
    bool used_files_ = false;
};

/// Prints each line of the error on stderr, with "cenote: " before it.
Exit fail(const Error& error);

}  // namespace cenote::cli
