// SPDX-License-Identifier: Apache-2.0
//
// What an answer reveals: the names behind the name asked and its addresses, as the policy's tag-sets.
//
// A protected, local or routed name is never sinkholed, nor what is behind it: the check ends where the chain of
// aliases comes to one.
//
// Threads: pure. Data plane.   Memory: none.   Failure: none.
#pragma once

#include "resolver/cache/cache.h"
#include "resolver/engine/local_names.h"
#include "resolver/policy/policy.h"
#include "resolver/wire/answer.h"

namespace cenote::engine {

/// What Cache::Links::generation is while these hold.
[[nodiscard]] inline std::uint64_t links_generation(const policy::Policy& policy, const LocalNames& local) noexcept {
    return policy.sets_generation() ^ local.generation();
}

/// The links of a distilled answer, worked out for the policy's present sets and the present local names.
[[nodiscard]] cache::Links reveal(const policy::Policy& policy, const LocalNames& local, ByteView answer) noexcept;

/// Where the chain of a distilled answer comes to a local name: how many records lead there, the lowest TTL of theirs,
/// and which name it is. What stands behind is not upstream's to answer.
struct LocalCut {
    bool found = false;
    std::size_t records = 0;
    std::uint32_t ttl_s = wire::kTtlMax;
    wire::Name target;
};
[[nodiscard]] LocalCut find_local_cut(ByteView answer, const LocalNames& local) noexcept;

/// The strictest verdict over all links, starting from that of the name asked.
[[nodiscard]] policy::Verdict judge_links(const policy::Policy& policy, policy::ClientClass client,
                                          policy::Verdict asked, const cache::Links& links) noexcept;

}  // namespace cenote::engine
