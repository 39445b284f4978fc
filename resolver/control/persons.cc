// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/persons.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "resolver/control/control.h"
#include "resolver/control/unix_socket.h"

namespace cenote::control {
namespace {

constexpr std::size_t kRecordMax = 1U << 20;

/// Right::None where there is no user of this name.
Peer peer_named(const std::string& name, const Options& options) {
    Peer peer;
    passwd record{};
    passwd* found = nullptr;
    std::vector<char> room(1024);
    while (getpwnam_r(name.c_str(), &record, room.data(), room.size(), &found) == ERANGE && room.size() < kRecordMax)
        room.resize(room.size() * 2);
    if (found == nullptr) return peer;
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    while (getgrouplist(name.c_str(), record.pw_gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(std::max(count, static_cast<int>(groups.size()) * 2)));
    peer.uid = record.pw_uid;
    set_rights(peer, {groups.begin(), groups.begin() + count}, ::geteuid(), options);
    return peer;
}

}  // namespace

bool may_approve(const std::string& name, const Options& options) { return peer_named(name, options).may_approve; }

bool may_look(const std::string& name, const Options& options) {
    return peer_named(name, options).right != Right::None;
}

}  // namespace cenote::control
