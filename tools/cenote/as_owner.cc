// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/as_owner.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "resolver/base/check.h"

namespace cenote::cli {
namespace {

constexpr int kLinksMax = 40;  // as path_resolution(7)

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

/// Only root can change the components before the first one of another user.
Owner first_owner_on_path(const Path& folder, int links = kLinksMax) {
    std::error_code error;
    Path way;
    const Path whole = std::filesystem::absolute(folder.empty() ? Path(".") : folder, error);
    for (auto part = whole.begin(); part != whole.end(); ++part) {
        way /= *part;
        struct stat info {};
        if (::lstat(way.c_str(), &info) != 0) break;
        if (info.st_uid != 0) return {info.st_uid, info.st_gid};
        if (!S_ISLNK(info.st_mode) || links == 0) continue;
        Path there = way.parent_path() / std::filesystem::read_symlink(way, error);
        while (++part != whole.end()) there /= *part;
        return first_owner_on_path(there, links - 1);
    }
    return {};
}

bool set_groups_of(Owner& owner) {
    passwd entry{};
    passwd* account = nullptr;
    std::array<char, 16384> space{};
    if (::getpwuid_r(owner.user, &entry, space.data(), space.size(), &account) != 0 || account == nullptr)
        return ::setgroups(1, &owner.group) == 0;
    owner.group = account->pw_gid;
    return ::initgroups(account->pw_name, owner.group) == 0;
}

}  // namespace

Result<AsOwner> AsOwner::of(const Path& folder) {
    AsOwner as;
    if (::geteuid() != 0) return as;
    Owner owner = first_owner_on_path(folder);
    if (owner.user == 0) return as;
    as.groups_.resize(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int groups = ::getgroups(static_cast<int>(as.groups_.size()), as.groups_.data());
    as.taken_ = groups >= 0;
    if (groups < 0 || !set_groups_of(owner) || ::setegid(owner.group) != 0 || ::seteuid(owner.user) != 0)
        return Error{fmt::format("cannot work in {} as its owner (uid {}): {}", folder.string(), owner.user,
                                 std::strerror(errno))};
    return as;
}

AsOwner::~AsOwner() {
    if (!taken_) return;
    CENOTE_CHECK(::seteuid(0) == 0 && ::setegid(::getgid()) == 0 && ::setgroups(groups_.size(), groups_.data()) == 0);
}

}  // namespace cenote::cli
