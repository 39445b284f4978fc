// SPDX-License-Identifier: Apache-2.0
//
// AsOwner: what root does in a folder of another user is done with that user's rights.
//
// The state and the set lie in folders of users that are not root. Root's rights on a path in such a folder can be led
// to any other file by a symbolic link, and files of root are left behind there that the folder's owner cannot replace.
// While an AsOwner lives, effective user and groups are those of the folder's owner (credentials(7)); then they are
// root's again. A process without root's rights keeps its own.
//
// Threads:  one; it changes the whole process.
// Failure:  Result: the rights cannot be taken. A process that cannot go back to root's rights ends.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "resolver/base/fd.h"

namespace cenote::cli {

class AsOwner {
public:
    /// The owner of the first folder on the way to `folder` that is not root's: every later step is up to that user. A
    /// folder that is not there yet belongs to the owner of the one that it will be made in.
    static Result<AsOwner> of(const Path& folder);
    AsOwner(AsOwner&& other) noexcept : taken_(std::exchange(other.taken_, false)), groups_(std::move(other.groups_)) {}
    AsOwner& operator=(AsOwner&&) = delete;
    ~AsOwner();

private:
    AsOwner() = default;
    bool taken_ = false;
    std::vector<gid_t> groups_;  // root's own
};

}  // namespace cenote::cli
