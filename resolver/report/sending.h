// SPDX-License-Identifier: Apache-2.0
//
// How queries leave for upstream servers that are asked by UDP ([upstream].raw).
//
// Threads: pure.   Memory: the answer.   Failure: none.
#pragma once

#include <string>

#include "resolver/report/values.h"

namespace cenote::report {

struct Sending {
    bool raw = false;
    std::string why;                // it is not raw, or not for all servers, although it was asked for; else empty
    std::uint64_t handed_over = 0;  // datagrams of servers that were for other programs
    std::uint64_t dropped = 0;      // those that were for none

    [[nodiscard]] const char* way() const noexcept { return raw ? "raw" : "sockets"; }
};

[[nodiscard]] Json sending_json(const Sending& sending);

}  // namespace cenote::report
