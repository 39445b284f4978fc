// SPDX-License-Identifier: Apache-2.0
//
// The rules that were made at the command line, as the state file has them: read once, applied to what the files say,
// and changed together with their audit records. Control plane.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   the rules that are in force or may still come into force.
// Failure:  a state file that cannot be used is a problem(), and every change fails with it; a change that fails has
//           changed nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/daemon/loaded.h"
#include "resolver/rules/rules.h"
#include "resolver/state/state.h"

namespace cenote::daemon {

class Rulebook {
public:
    explicit Rulebook(Path state);

    /// False: the state file cannot be used, and problem() has the reason.
    [[nodiscard]] bool usable() const noexcept { return state_ != nullptr; }
    /// Why rules cannot be changed, or which of them are not in force; empty: neither.
    [[nodiscard]] std::string problem(const Loaded& in_force) const;
    /// Records the reason why no rule is in force; empty: they are.
    void note_not_in_force(const std::string& why);

    /// What was in force before this process.
    struct Remembered {
        std::uint32_t version = 0;              // the highest of a policy; 0: there was none
        std::optional<WallTime> latest;         // the latest time that was seen
        std::optional<state::Record> last_run;  // the last start or stop that has a record
    };
    [[nodiscard]] Remembered remembered() const;
    /// The state file for reading; where it cannot be used every read fails with the reason.
    [[nodiscard]] const state::StateReader& archive() const noexcept;
    [[nodiscard]] const std::vector<rules::ParsedRule>& rules() const noexcept { return rules_; }
    /// Exceptions that are in force or may still come into force.
    [[nodiscard]] std::vector<rules::ExceptionDocument> open_exceptions() const;
    /// The chain of the last audit record; empty without a state file.
    [[nodiscard]] std::string audit_head() const;

    /// Applies all rules to the policy of the files, and checks the whole. A rule that does not fit is left out where
    /// `may_be_left_out` returns true for its document ("directive dns1-3"), and takes no other with it. The Error has
    /// a line for each mistake; then `loaded` has not changed.
    using MayBeLeftOut = std::function<bool(const std::string& document)>;
    [[nodiscard]] Status add_to(Loaded& loaded, const MayBeLeftOut& may_be_left_out) const;
    /// What would be in force with these rules besides, each in the place of its earlier form. Only rules that are left
    /// out already may be left out.
    [[nodiscard]] Result<Loaded> with_rules(const Loaded& in_force, const std::vector<const state::Rule*>& more) const;

    /// Writes the changes, what came from another node, and how far the policy is recorded, all or nothing. Returns the
    /// records as they were written.
    Result<std::vector<state::Record>> commit(const std::vector<state::Change>& changes, const state::Import& import,
                                              const state::TrailMark& mark = {});
    /// The state file as it is now, as an open file without a name.
    [[nodiscard]] Result<UniqueFd> open_copy() const;
    /// Keeps a version that came into force without a record. A failure is logged.
    void keep_version(const state::PolicyVersion& version);
    /// Keeps the files of the configuration in force. A failure is logged.
    void keep_configuration(const config::Settings& settings, WallTime at);
    Status add_uses(const std::vector<state::Use>& uses);
    /// Keeps the latest time that was seen. A failure is logged.
    void note_time(WallTime latest);
    /// Takes the record's time for the latest, though a later one was seen.
    Result<state::Record> accept_clock(state::Record record);
    /// Puts a backup in the place of the state, also of one that cannot be used. Its granted exceptions open nothing
    /// until they are approved again.
    Result<state::Record> restore(const Path& backup, state::Record record);

private:
    void open();
    void read_open_rules();

    Path path_;
    std::unique_ptr<state::State> state_;                   // null: see problem_
    std::unique_ptr<const state::StateReader> no_archive_;  // in the place of state_
    std::vector<rules::ParsedRule> rules_;
    std::string problem_;
};

}  // namespace cenote::daemon
