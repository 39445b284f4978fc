// SPDX-License-Identifier: Apache-2.0
//
// Replies of a node that is asked for a proof: any bytes are read to an observation, which has a text and a judgement.
// That a name is open holds for no reply with the extended error of a sinkhole's answer; that it is sinkholed, for none
// without it, and for none to another question.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/proof/judgement.h"
#include "resolver/wire/types.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using Kind = proof::Expectation::Kind;

fuzz::Goal answered("a reply is read whole");
fuzz::Goal open_holds("a name is found open");
fuzz::Goal sinkhole_holds("a name is found sinkholed");
fuzz::Goal deviates("a reply is not the one expected");

bool has_blocked(const proof::Observation& seen) {
    return std::ranges::find(seen.errors, static_cast<std::uint16_t>(wire::EdeCode::Blocked)) != seen.errors.end();
}

proof::Judgement judged(Kind kind, const proof::Observation& seen) {
    policy::Cell cell;
    cell.step = policy::Step::Restrict;
    cell.answer = policy::AnswerMode::Nodata;
    const auto judgement = proof::judge({.kind = kind, .cell = &cell, .type = wire::RrType::A}, seen, {});
    CENOTE_CHECK(judgement.got.empty() == (judgement.finding == proof::Finding::Holds));
    if (judgement.finding == proof::Finding::Deviates) deviates.reach();
    return judgement;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> reply = fuzz::Input(data, size).copy();
    const proof::Observation seen = proof::read_reply(reply, reply);
    CENOTE_CHECK(!(proof::observation_to_text(seen) + proof::errors_to_text(seen.errors)).empty());
    const bool is_answer = seen.outcome == proof::Outcome::Answered;
    if (is_answer) answered.reach();
    if (judged(Kind::Open, seen).finding == proof::Finding::Holds) {
        CENOTE_CHECK(is_answer && !has_blocked(seen));
        open_holds.reach();
    }
    if (judged(Kind::Sinkhole, seen).finding == proof::Finding::Holds) {
        CENOTE_CHECK(is_answer && has_blocked(seen));
        sinkhole_holds.reach();
    }
    // The same reply to another question: a bit of its name is another one.
    if (reply.size() <= wire::kHeaderSize + 1) return 0;
    std::vector<std::uint8_t> sent = reply;
    sent[wire::kHeaderSize + 1] ^= 1U;
    const proof::Observation other = proof::read_reply(reply, sent);
    CENOTE_CHECK(!other.same_question);
    for (const Kind kind : {Kind::Sinkhole, Kind::Open})
        CENOTE_CHECK(judged(kind, other).finding == proof::Finding::Deviates);
    return 0;
}
