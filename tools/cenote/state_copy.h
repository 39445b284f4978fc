// SPDX-License-Identifier: Apache-2.0
//
// A copy of a state file in a temporary folder, which the destructor removes.
//
// During its lifetime the process has the rights of the owner of the state, who could otherwise direct an access with
// root's rights to another file.
//
// Threads:  one.
// Memory:   a path; the copy is on disk.
// Failure:  Result with one line.
#pragma once

#include "resolver/state/state.h"
#include "tools/cenote/as_owner.h"

namespace cenote::cli {

class StateCopy {
public:
    static Result<StateCopy> of(const Path& state);
    StateCopy(StateCopy&& other) noexcept
        : owner_(std::move(other.owner_)), folder_(std::exchange(other.folder_, Path())) {}
    StateCopy& operator=(StateCopy&&) = delete;
    ~StateCopy();

    [[nodiscard]] Path file() const { return folder_ / "state.db"; }

private:
    explicit StateCopy(AsOwner owner) : owner_(std::move(owner)) {}
    AsOwner owner_;  // first: the folder is removed with these rights
    Path folder_;
};

/// Writes all of `from` into a new file that only its owner can read; an existing file is an error.
Status write_new(int from, const Path& file);

}  // namespace cenote::cli
