// SPDX-License-Identifier: Apache-2.0
//
// A proof that a directive holds: each check of its Plan is asked of each node over each transport, from sockets of
// this process, and the answers are judged.
//
// A lane is one node over one transport. All lanes are asked side by side, each with a bounded number of queries under
// way. The result of a lane is digested in the order of the plan, whatever the order of the answers was.
//
// Threads:  one; run() waits for the network.
// Time:     reads the monotonic clock.
// Memory:   the queries under way; kRowsMax deviations.
// Failure:  a node that does not answer is a deviation. stop ends it early, which Result::ended_early says.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "resolver/base/digest.h"
#include "resolver/proof/plan.h"

namespace cenote::proof {

struct Deviation {
    std::string node;
    std::string name;
    std::string type;
    std::string transport;
    std::string variant;
    std::string expected;
    std::string got;
    std::vector<std::uint16_t> errors;  // codes of extended errors
};

/// What came of one lane.
struct LaneResult {
    SocketAddress node;
    IpAddress client;  // the address that asked
    Transport transport = Transport::Udp;
    std::uint64_t checks = 0;
    std::uint64_t deviations = 0;
    std::uint64_t unresolved = 0;
    std::string given_up;        // why the rest was not asked; empty: all was
    std::uint64_t left_out = 0;  // names that stay open, beyond the limit for them
    std::uint64_t names = 0;     // target names that were asked
    std::string policy;          // what policy.cenote says; empty: nothing
    Sha256Digest digest{};
};

struct ProofResult {
    std::vector<LaneResult> lanes;
    std::vector<Deviation> rows;  // the first kRowsMax
    bool ended_early = false;
    [[nodiscard]] std::uint64_t checks() const noexcept;
    [[nodiscard]] std::uint64_t deviations() const noexcept;
    [[nodiscard]] std::uint64_t unresolved() const noexcept;
};

struct Asked {
    SocketAddress node;   // by which it is named
    SocketAddress where;  // where it is asked over this transport
    IpAddress client;
    Transport transport = Transport::Udp;
};

struct ProofOptions {
    std::size_t in_flight = 32;  // of each lane
    milliseconds patience{3000};
    std::size_t silent_max = 16;  // queries without an answer, one after the other, after which a lane is given up
};

inline constexpr std::size_t kRowsMax = 200;

/// `progress` is called now and then with the number of checks so far.
[[nodiscard]] ProofResult prove(const Plan& plan, const std::vector<Asked>& lanes, const ProofOptions& options,
                                const std::atomic<bool>& stop,
                                const std::function<void(std::uint64_t checks)>& progress);

}  // namespace cenote::proof
