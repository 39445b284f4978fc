// SPDX-License-Identifier: Apache-2.0
//
// The control socket: where it is and which users may do what.
//
// Threads: a plain value.   Memory: owns its texts.   Failure: none.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/fd.h"

namespace cenote::control {

struct Options {
    Path socket = "/run/cenote/control.sock";
    std::vector<std::string> admins;      // unix groups whose users may change things; root always may
    std::vector<std::string> approvers;   // unix groups whose users may approve exceptions
    std::vector<std::string> readers;     // unix groups whose users may read
    std::vector<std::string> inspectors;  // unix groups whose users may read, and see clients and single queries
    Path published_in;               // the owner of this folder may announce a new set; empty: there is no such folder
    std::uint32_t clients_max = 64;  // connections in all
    std::uint32_t clients_of_user = 16;  // connections of one uid; root has no such limit
    std::uint32_t kept_for_admins = 16;  // of clients_max, reserved for admins
    std::uint32_t kept_for_root = 8;     // of kept_for_admins, reserved for root
    milliseconds request_within{10000};  // until a client's next request is whole; then the connection closes
    milliseconds unread_within{60000};   // until a client reads some of a reply; then the connection closes

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::control
