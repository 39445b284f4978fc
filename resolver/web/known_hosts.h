// SPDX-License-Identifier: Apache-2.0
//
// The names under which this page may be asked for. A page of another site that has its own name lead here (DNS
// rebinding) is refused by its `Host`.
//
// Threads: const.   Memory: the names.   Failure: an unknown name is false.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/web/arrival.h"

namespace cenote::web {

class KnownHosts {
public:
    /// `names`: of the node and of [web].hosts.
    explicit KnownHosts(const std::vector<std::string>& names);

    /// `host`: the value of the header, with or without a port. An address must be the one that the client connected
    /// to, and `localhost` means loopback.
    [[nodiscard]] bool contains(std::string_view host, const Origin& origin) const;

private:
    std::set<std::string, std::less<>> names_;
};

}  // namespace cenote::web
