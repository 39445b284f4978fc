// SPDX-License-Identifier: Apache-2.0
//
// A copy of a state file in a folder of its own, which goes away again.
//
// While it lives the process has the rights of the state's owner, who could otherwise lead root's to another file.
//
// Threads:  one.
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

/// Writes all of `from` into a file that must not be there yet, for its owner's eyes only.
Status write_new(int from, const Path& file);

}  // namespace cenote::cli
