// SPDX-License-Identifier: Apache-2.0
//
// What the verbs share: where the configuration and the daemon are, and what is read from them once.
//
// Threads:  one.
// Memory:   the settings, a mapping of the set, a connection while a request is under way.
// Failure:  Result with the line that the user gets; several mistakes of a configuration are several lines.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "resolver/config/config.h"
#include "resolver/control/control.h"
#include "resolver/engine/snapshot.h"
#include "resolver/policy/policy.h"

namespace cenote::cli {

using control::Json;

/// Done, or not: what main() returns. A command line that is wrong is told by the parser, with 2.
enum class Exit : int { Done = 0, Failed = 1 };

/// Policy as the files have it at this moment.
struct PolicyFromFiles {
    std::shared_ptr<const policy::Policy> policy;
    engine::LocalNames local;
    std::string remark;  // what was otherwise then; empty: nothing
};

class Session {
public:
    // Set by the command line and the environment.
    Path config = "/etc/cenote/cenote.toml";
    Path socket;  // empty: as the configuration says

    Result<const config::Settings*> settings();
    /// The set of the settings or the one before it; null when none is configured.
    Result<std::shared_ptr<const domainset::DomainSet>> set();
    /// Files and state as they are; in force at `at`.
    Result<PolicyFromFiles> policy(WallTime at);
    /// As it was in force at a time that has passed, by the state file.
    Result<PolicyFromFiles> past_policy(WallTime at);

    /// As the daemon has it in force; where none runs, policy().
    Result<PolicyFromFiles> policy_in_force(WallTime at);

    /// The daemon's data for a verb, or why there is none. An array that comes in parts is one.
    Result<Json> ask(const std::string& verb, Json args);
    /// The same for a text, which may come in pieces.
    Result<std::string> ask_text(const std::string& verb, Json args);
    /// nullopt where no daemon listens. A daemon that refuses to answer has refused: files are no way around it.
    std::optional<Result<Json>> ask_if_there(const std::string& verb, Json args);
    /// The daemon's data for a verb; where none listens, what the files say.
    template <typename FromFiles>
    Result<Json> ask_or_read(const std::string& verb, Json args, FromFiles from_files) {
        if (auto answer = ask_if_there(verb, std::move(args))) return std::move(*answer);
        files_speak();
        return from_files();
    }
    [[nodiscard]] bool daemon_listens();
    /// What is shown next comes from files, since no daemon runs.
    void files_speak() noexcept { files_spoke_ = true; }
    /// Whether files took the daemon's place, which is said when the verb is done.
    [[nodiscard]] bool files_spoke() const noexcept { return files_spoke_; }

private:
    /// A connection of its own for each request: the daemon closes one that is silent, as during a long fetch.
    Result<std::unique_ptr<control::ControlClient>> connect_if_there();

    std::optional<config::Settings> settings_;
    bool files_spoke_ = false;
};

/// "cenote: what is wrong" on stderr, a line for each line of it.
Exit fail(const Error& error);

}  // namespace cenote::cli
