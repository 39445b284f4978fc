// SPDX-License-Identifier: Apache-2.0
//
// What a configuration expects of this host, for `cenoted --check`: files that the users of the services may read,
// folders that exist, addresses that the host has, ports that are free. Control plane.
//
// Threads:  any, one call at a time.
// Memory:   values.
// Failure:  a warning for each expectation that is not met; what cannot be found out counts as met.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "resolver/config/config.h"

namespace cenote::config {

/// A user of the system with all its groups.
struct HostUser {
    std::string name;
    uid_t uid = 0;
    std::vector<gid_t> groups;

    /// nullopt: this host has no such user.
    static std::optional<HostUser> find(const std::string& name);
    /// The user of this process.
    static HostUser current();
};

/// The users of cenoted.service and of cenote-update.service; outside of them, and for a process that is not root's,
/// the user of this process.
struct ServiceUsers {
    HostUser daemon;
    HostUser updater;

    static ServiceUsers of_this_host();
};

/// Why the user cannot read a file, or list a folder: "/etc/cenote has mode 0700 and belongs to root"; empty: it can,
/// or there is no such file. Access control lists are not looked at.
[[nodiscard]] std::string why_unreadable(const Path& path, const HostUser& user);

/// `proc_net`: the folder /proc/net.
void check_host(const Settings& settings, const ServiceUsers& users, const Path& proc_net, Diagnostics& diagnostics);

}  // namespace cenote::config
