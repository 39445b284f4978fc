// SPDX-License-Identifier: Apache-2.0
//
// What the cache obeys.
#pragma once

#include <cstdint>

#include "resolver/base/clock.h"

namespace cenote::cache {

struct Options {
    std::uint64_t bytes_max = 128ULL << 20;  // keys, entries and every table included
    seconds min_ttl{0};
    seconds max_ttl{86400};
    seconds negative_max_ttl{3600};  // at most three hours (RFC 2308 §5)
    seconds stale{86400};            // how long past its TTL an answer may serve (RFC 8767 §5); 0: never
    seconds failure_ttl{5};          // first life of a cached failure, doubled to 300 s (RFC 9520 §3.2)
    std::uint32_t shards = 16;       // a power of two; set by the server to fit its workers

    friend bool operator==(const Options&, const Options&) noexcept = default;
};

}  // namespace cenote::cache
