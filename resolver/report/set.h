// SPDX-License-Identifier: Apache-2.0
//
// A compiled set and its sources, as `cenote inspect --json` prints it.
//
// Threads: pure.   Memory: the answer.   Failure: none.
#pragma once

#include "resolver/base/fd.h"
#include "resolver/report/values.h"

namespace cenote::report {

[[nodiscard]] Json set_json(const Path& path, const domainset::DomainSet& set);

}  // namespace cenote::report
