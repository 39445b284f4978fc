// SPDX-License-Identifier: Apache-2.0
//
// Copies a backup into a state file. Private to state.
//
// Threads:  one.
// Memory:   the rules, and the trails of both files.
// Failure:  Result with one line; put_into() alone changes the state file, as a part of the caller's transaction.
#pragma once

#include <functional>

#include "resolver/sqlite/database.h"
#include "resolver/state/state.h"

namespace cenote::state {

using sqlite::Database;

/// In the record of a restore, before the node of the records that were kept beside the trail.
inline constexpr std::string_view kKeptAs = ", kept as ";

class BackupCopy {
public:
    /// Copies the backup to a file beside the state file and brings it to the present schema. Refused are a file that
    /// is not regular, tables or programs that cenote did not make, and a trail that is not whole.
    static Result<BackupCopy> of(const Path& backup, const Path& state);
    BackupCopy(BackupCopy&& other) noexcept;
    BackupCopy& operator=(BackupCopy&&) = delete;
    ~BackupCopy();

    /// Puts the backup's rules in the place of the rules there, and everything else beside what is there. Returns the
    /// text for the record of the restore.
    Result<std::string> put_into(const Database& into, const std::function<void(std::vector<Rule>&)>& adapt) const;

private:
    BackupCopy(Path path, Database database) : path_(std::move(path)), database_(std::move(database)) {}
    [[nodiscard]] Result<std::string> put_trail(const Database& into) const;
    [[nodiscard]] Status put_rest(const Database& into) const;

    Path path_;
    Database database_;
};

}  // namespace cenote::state
