// SPDX-License-Identifier: Apache-2.0
//
// What came back, and how fast.
//
// Threads:  one.
// Memory:   4 bytes an answer, reserved ahead.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/queries.h"
#include "resolver/base/clock.h"

namespace cenote::blast {

struct Tally {
    std::uint64_t sent = 0;
    std::uint64_t answered = 0;
    std::uint64_t wrong = 0;
    std::uint64_t not_sent = 0;
    std::array<std::uint64_t, 16> rcodes{};
    std::string first_wrong;
    std::vector<std::uint32_t> latencies_us;

    void take(const Query& query, ByteView reply, Ticks::duration latency);
    /// One JSON object.
    [[nodiscard]] std::string to_json(double took_s);
};

}  // namespace cenote::blast
