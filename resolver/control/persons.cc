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
    const auto person = person_named(name);
    if (!person) return peer;
    std::vector<gid_t> groups(64);
    int count = static_cast<int>(groups.size());
    while (getgrouplist(name.c_str(), person->gid, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(std::max(count, static_cast<int>(groups.size()) * 2)));
    peer.uid = person->uid;
    set_rights(peer, {groups.begin(), groups.begin() + count}, ::geteuid(), options);
    return peer;
}

}  // namespace

std::optional<Person> person_named(const std::string& name) {
    passwd record{};
    passwd* found = nullptr;
    std::vector<char> room(1024);
    while (getpwnam_r(name.c_str(), &record, room.data(), room.size(), &found) == ERANGE && room.size() < kRecordMax)
        room.resize(room.size() * 2);
    if (found == nullptr) return std::nullopt;
    return Person{record.pw_uid, record.pw_gid, record.pw_name};
}

Peer as_reader(const Person& person, const Options& options) {
    Peer peer;
    peer.uid = person.uid;
    peer.gid = person.gid;
    peer.actor = person.actor;
    set_rights(peer, options);
    peer.right = peer.right < Right::Read ? Right::None : Right::Read;
    peer.may_approve = false;
    peer.serves_web = false;
    return peer;
}

bool may_approve(const std::string& name, const Options& options) { return peer_named(name, options).may_approve; }

bool may_look(const std::string& name, const Options& options) {
    return peer_named(name, options).right != Right::None;
}

}  // namespace cenote::control
