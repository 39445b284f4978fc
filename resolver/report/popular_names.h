// SPDX-License-Identifier: Apache-2.0
//
// The names that many clients ask for: the daemon's answer to `popular-names`, which a changed list is checked against
// where no file gives popular names.
//
// Threads: pure.   Memory: the answer.   Failure: none; a row that holds no domain name is left out.
#pragma once

#include <vector>

#include "resolver/report/values.h"
#include "resolver/wire/name.h"

namespace cenote::report {

/// A name that only one or two clients ask for says something about them, and is not given out.
inline constexpr std::uint64_t kPopularClientsMin = 3;

[[nodiscard]] control::Request popular_names_request();

/// The rows of the answer that count as popular.
[[nodiscard]] std::vector<wire::Name> popular_names(const Json& top_names);

}  // namespace cenote::report
