// SPDX-License-Identifier: Apache-2.0
//
// What the verbs share: where the configuration and the daemon are, and what is read from them once.
//
// Threads:  one.
// Memory:   the settings, a mapping of the set, one connection.
// Failure:  Result with the line that the user gets; several mistakes of a configuration are several lines.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "resolver/config/config.h"
#include "resolver/config/views.h"
#include "resolver/control/control.h"
#include "resolver/engine/snapshot.h"

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

    /// The daemon's data for a verb, or why there is none.
    Result<Json> ask(const std::string& verb, Json args);
    /// The daemon's data where a daemon listens and lets us look; nullopt: the files have to do.
    std::optional<Result<Json>> ask_if_there(const std::string& verb, Json args);
    [[nodiscard]] bool daemon_listens();

private:
    Result<control::ControlClient*> daemon();

    std::optional<config::Settings> settings_;
    std::unique_ptr<control::ControlClient> client_;
};

/// "cenote: what is wrong" on stderr, a line for each line of it.
Exit fail(const Error& error);

}  // namespace cenote::cli
