// SPDX-License-Identifier: Apache-2.0
//
// Replies of a node that is asked for a proof: any bytes are read to an observation, which has a text and a judgement.
#include <cstdint>

#include "resolver/proof/judgement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cenote;
    const ByteView reply(data, size);
    const proof::Observation seen = proof::read_reply(reply, reply);
    const std::string text = proof::observation_to_text(seen) + proof::errors_to_text(seen.errors);
    if (text.empty()) __builtin_trap();
    policy::Cell cell;
    cell.step = policy::Step::Restrict;
    cell.answer = policy::AnswerMode::Nodata;
    for (const auto kind : {proof::Expectation::Kind::Open, proof::Expectation::Kind::Sinkhole}) {
        const proof::Expectation expected{.kind = kind, .cell = &cell, .type = wire::RrType::A};
        const auto judgement = proof::judge(expected, seen, {});
        if (judgement.got.empty() != (judgement.finding == proof::Finding::Holds)) __builtin_trap();
        if (seen.outcome != proof::Outcome::Answered && judgement.finding == proof::Finding::Holds) __builtin_trap();
    }
    return 0;
}
