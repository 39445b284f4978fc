// SPDX-License-Identifier: Apache-2.0
//
// What came back, and how fast.
//
// Threads:  one.
// Memory:   4 bytes an answer, reserved ahead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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
    std::uint64_t connections = 0;  // made while the load ran
    std::uint64_t resumed = 0;      // of them: with the session of another one

    void take(const Query& query, ByteView reply, Ticks::duration latency);
    /// An answer that has no reply in it.
    void take_refusal(std::string_view what);
    /// Counts anew from here on; what is under way is forgotten.
    void begin();
    /// One JSON object.
    [[nodiscard]] std::string to_json(double took_s);
};

}  // namespace cenote::blast
