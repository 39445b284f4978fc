// SPDX-License-Identifier: Apache-2.0
//
// Problems of the certificate of the TLS listeners, and of what certificates of clients are checked by. Private to
// report.
//
// Threads: pure.   Time: an argument.   Memory: the problems.   Failure: none.
#pragma once

#include <vector>

#include "resolver/report/problems.h"

namespace cenote::report {

void add_certificate_problems(const Condition& condition, WallTime now, std::vector<Problem>& found);

}  // namespace cenote::report
