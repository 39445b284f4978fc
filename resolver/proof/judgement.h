// SPDX-License-Identifier: Apache-2.0
//
// The answer that a policy asks for, and whether an answer from the wire is that one. It is written from the answer
// modes of docs/CONFIG.md and the RFCs, and not with the code that writes answers, whose mistakes it would share.
//
// Threads:  pure.
// Memory:   an Expectation refers to a Cell of its Policy.
// Failure:  none.
#pragma once

#include <cstdint>
#include <string>

#include "resolver/policy/policy.h"
#include "resolver/proof/observation.h"

namespace cenote::proof {

struct Expectation {
    enum class Kind : std::uint8_t {
        Sinkhole,  // the answer of `cell`
        Open,      // any answer but a sinkhole's
        Control,   // the same, and it resolves
        Local,     // the resolver answers the name itself, whatever the policy is
        Canary,    // NXDOMAIN, whatever the policy is
    };
    Kind kind = Kind::Open;
    const policy::Cell* cell = nullptr;  // with Sinkhole only
    wire::RrType type{};

    [[nodiscard]] bool silence() const noexcept {
        return kind == Kind::Sinkhole && cell->answer == policy::AnswerMode::Drop;
    }
};

/// What a name that the policy judged to have `cell` is expected to answer. `at_entry`: the name is the entry itself.
[[nodiscard]] Expectation expectation_of(const policy::Cell& cell, bool at_entry, wire::RrType type) noexcept;

/// "0.0.0.0, EDE 15", "NODATA, EDE 15", "not sinkholed".
[[nodiscard]] std::string expectation_to_text(const Expectation& expectation);

enum class Finding : std::uint8_t {
    Holds,
    Unresolved,  // it is not sinkholed, as expected, and the node could not resolve it
    Deviates,
};
struct Judgement {
    Finding finding = Finding::Holds;
    std::string got;  // of what does not hold: "192.0.2.1, no EDE"
};
/// `sinkhole`: the addresses that the policy gives in place of the real ones.
[[nodiscard]] Judgement judge(const Expectation& expectation, const Observation& observation,
                              const policy::SinkholeOptions& sinkhole);

}  // namespace cenote::proof
