// SPDX-License-Identifier: Apache-2.0
//
// What a backup holds, on its way into a state file. Private to state.
//
// Threads:  one.
// Memory:   the rules and the trails, of which one is the backup's.
// Failure:  Result with one line; the state file is changed by put_into() alone, a step of the caller's transaction.
#pragma once

#include <functional>

#include "resolver/state/database.h"
#include "resolver/state/state.h"

namespace cenote::state {

/// Stands in a restore's record before the node of records that were kept beside the trail.
inline constexpr std::string_view kKeptAs = ", kept as ";

class BackupCopy {
public:
    /// A copy beside the state file, of the present schema. Refuses what is no regular file, what has tables or
    /// programs of another hand, and a trail that is not whole.
    static Result<BackupCopy> of(const Path& backup, const Path& state);
    BackupCopy(BackupCopy&& other) noexcept;
    BackupCopy& operator=(BackupCopy&&) = delete;
    ~BackupCopy();

    /// The backup's rules in the place of those there, all else beside it. Returns what the record says of it.
    Result<std::string> put_into(const Database& into, const std::function<void(std::vector<Rule>&)>& adapt) const;

private:
    BackupCopy(Path path, Database database) : path_(std::move(path)), database_(std::move(database)) {}
    [[nodiscard]] Result<std::string> put_trail(const Database& into) const;
    [[nodiscard]] Status put_rest(const Database& into) const;

    Path path_;
    Database database_;
};

}  // namespace cenote::state
