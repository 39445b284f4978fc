// SPDX-License-Identifier: Apache-2.0
//
// AsOwner: the rights of a folder's owner, for the work of root in a folder of another user.
//
// State and set are in folders of users other than root. A symbolic link in such a folder could direct an access with
// root's rights to any other file, and the folder's owner could not replace files that root creates there. During the
// lifetime of an AsOwner, effective user and groups are those of the folder's owner (credentials(7)). A process without
// root's rights keeps its own.
//
// Threads:  one; it changes the whole process.
// Memory:   the list of root's groups.
// Failure:  Result where the rights cannot be changed. A process that cannot return to root's rights ends.
#pragma once

#include <sys/types.h>

#include <utility>
#include <vector>

#include "resolver/base/fd.h"

namespace cenote::cli {

class AsOwner {
public:
    /// The rights of the owner of the first folder on the path that is not root's: that user controls the rest of the
    /// path. A folder that does not exist yet counts as its parent's.
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
