// SPDX-License-Identifier: Apache-2.0
//
// The options of the cache.
#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::cache {

struct Options {
    std::uint64_t bytes_max = 128ULL << 20;  // includes keys, entries and all tables
    seconds min_ttl{0};
    seconds max_ttl{86400};
    seconds negative_max_ttl{3600};  // at most three hours (RFC 2308 §5)
    seconds stale{86400};       // how long after its TTL an answer is kept as stale data (RFC 8767 §5); 0: not at all
    seconds failure_ttl{5};     // first TTL of a cached failure, doubled up to 300 s (RFC 9520 §3.2)
    std::uint32_t shards = 16;  // a power of two; the server sets it to suit the number of workers

    friend bool operator==(const Options&, const Options&) noexcept = default;
};

}  // namespace cenote::cache
