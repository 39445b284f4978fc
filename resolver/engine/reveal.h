// SPDX-License-Identifier: Apache-2.0
//
// What an answer reveals: the names behind the name asked, as the policy's tag-sets.
//
// Threads: pure. Data plane.   Memory: none.   Failure: none.
#pragma once

#include "resolver/cache/cache.h"
#include "resolver/policy/policy.h"
#include "resolver/wire/answer.h"

namespace cenote::engine {

/// The links of a distilled answer, worked out for the policy's present sets.
[[nodiscard]] cache::Links reveal(const policy::Policy& policy, ByteView answer) noexcept;

/// The strictest verdict over all links, starting from that of the name asked.
[[nodiscard]] policy::Verdict judge_links(const policy::Policy& policy, policy::ClientClass client,
                                          policy::Verdict asked, const cache::Links& links) noexcept;

}  // namespace cenote::engine
