// SPDX-License-Identifier: Apache-2.0
//
// What all verbs use: the configuration, the set and the policy of the files, and requests to the daemon.
//
// Threads:  one.
// Memory:   the settings, a mapping of the set, a connection while a request is under way.
// Failure:  Result with a line for people; each mistake of a configuration has a line of its own.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/config/config.h"
#include "resolver/control/control.h"
#include "resolver/engine/snapshot.h"
#include "resolver/policy/local_times.h"
#include "resolver/policy/policy.h"

namespace cenote::cli {

using control::Json;

/// The exit code. For `status --check` they mean what they mean to monitoring: well, warning, critical, unknown.
enum class Exit : int { Done = 0, Failed = 1, WrongCommandLine = 2, Critical = 2, Unknown = 3 };

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

    /// The clock of the site: its zone is the daemon's, without a daemon that of the configuration. The Error: it is
    /// not known.
    Result<const policy::LocalTimes*> site_times();
    /// A text or the texts of an answer for people: each time in them on the clock of the site; in UTC where that is
    /// not known.
    std::string at_site(std::string_view text);
    Json json_at_site(Json answer);
    /// A document of TOML with its times in the offset of the site.
    std::string toml_at_site(std::string_view text);

    /// The daemon's data for a verb. The parts of a long array are joined.
    Result<Json> ask(const std::string& verb, Json args);
    /// The same for a text, whose pieces are joined.
    Result<std::string> ask_text(const std::string& verb, Json args);
    /// The open files that the daemon gives for a verb.
    Result<std::vector<std::shared_ptr<const UniqueFd>>> ask_files(const std::string& verb, Json args = Json::object());
    /// The last reply to a verb; `on_part` gets the ones before it. An Error as soon as the reader of `output` has
    /// closed it; -1: it is not watched.
    Result<control::Response> follow(const std::string& verb, Json args,
                                     const std::function<void(const control::Response&)>& on_part, int output = -1);
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

    Result<policy::LocalTimes> read_site_times();

    std::optional<config::Settings> settings_;
    std::optional<Result<policy::LocalTimes>> site_times_;  // nullopt until they are needed
    bool used_files_ = false;
};

/// Prints each line of the error on stderr, with "cenote: " before it.
Exit fail(const Error& error);
/// The same for a word on the command line that means nothing.
Exit wrong_command_line(const Error& error);

}  // namespace cenote::cli
