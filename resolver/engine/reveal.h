// SPDX-License-Identifier: Apache-2.0
//
// What an answer reveals: the names that QNAME leads to, and addresses, as source sets of the policy.
//
// A protected, local or routed name is never sinkholed, nor what it leads to: the check ends where the chain of CNAMEs
// reaches one.
//
// Threads:  pure. Data plane.
// Memory:   none.
// Failure:  an answer that reveals more than Links has room for is marked `incomplete`: its reply is SERVFAIL.
#pragma once

#include "resolver/cache/cache.h"
#include "resolver/engine/local_names.h"
#include "resolver/policy/policy.h"
#include "resolver/wire/answer.h"

namespace cenote::engine {

/// The value of cache::Links::generation for these sets and names.
[[nodiscard]] inline std::uint64_t links_generation(const policy::Policy& policy, const LocalNames& local) noexcept {
    return policy.sets_generation() ^ local.generation();
}

/// The links of a scrubbed answer, for the present sets of the policy and the present local names.
[[nodiscard]] cache::Links reveal(const policy::Policy& policy, const LocalNames& local, ByteView answer) noexcept;

/// Where the chain of a scrubbed answer reaches a local name: the number of records up to there, their lowest TTL, and
/// the name. The records after them are not used, because the name is answered here.
struct LocalCut {
    bool found = false;
    std::size_t records = 0;
    std::uint32_t ttl_s = wire::kTtlMax;
    wire::Name target;
};
[[nodiscard]] LocalCut find_local_cut(ByteView answer, const LocalNames& local) noexcept;

/// The strictest verdict over all links, starting with that of QNAME.
[[nodiscard]] policy::Verdict judge_links(const policy::Policy& policy, policy::ClientClass client,
                                          policy::Verdict asked, const cache::Links& links) noexcept;

}  // namespace cenote::engine
