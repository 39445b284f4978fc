// SPDX-License-Identifier: Apache-2.0
//
// The control socket: where it is and who may do what.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::control {

struct Options {
    Path socket = "/run/cenote/control.sock";
    std::vector<std::string> admins;     // unix groups; root always. May change things
    std::vector<std::string> approvers;  // may agree to exceptions
    std::vector<std::string> readers;    // may look
    Path published_in;               // the owner of this folder may say that it has a new set; empty: no such folder
    std::uint32_t clients_max = 64;  // connections in all
    std::uint32_t clients_of_user = 16;  // connections of one uid; root has no such limit
    std::uint32_t kept_for_admins = 16;  // of clients_max, other users do not get these
    std::uint32_t kept_for_root = 8;     // of kept_for_admins
    milliseconds request_within{10000};  // a client's next request is whole by then, or the connection closes
    milliseconds unread_within{60000};   // a client reads some of a waiting reply by then

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::control
