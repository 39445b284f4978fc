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
    std::uint32_t clients_max = 64;
    milliseconds idle{60000};

    friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace cenote::control
