// SPDX-License-Identifier: Apache-2.0
//
// Answers of upstream servers: ldns can read the scrubbed message, scrubbing it again gives the same, and it becomes a
// reply that ldns can read at any size and age. The first bit is the DO of the client.

#include <vector>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dnssec_strip.h"
#include "resolver/wire/rdata.h"
#include "resolver/wire/reply.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/question.h"
#include "tests/wire/ldns_peer.h"

namespace {

using namespace cenote;
using namespace cenote::wire;

using wire::test::ldns_reads;

fuzz::Goal scrubbed("an answer is scrubbed");
fuzz::Goal replied("an answer becomes a reply");

/// False for old types whose layout ldns checks, while they pass here unchecked (RFC 3597): then there is nothing to
/// compare.
bool is_comparable(ByteView message) {
    bool comparable = true;
    for_each_answer(message, [&](RrType type, ByteView) {
        const auto number = static_cast<std::uint16_t>(type);
        const bool known = static_cast<std::uint16_t>(ldns_rr_descript(number)->_type) == number;
        comparable = comparable && (!known || rdata_layout(type) != "*");
    });
    return comparable;
}

void expect_links(ByteView message, const AnswerInfo& shape) {
    CENOTE_CHECK(shape.link_count <= AnswerInfo::kLinksMax);
    for (std::size_t i = 0; i < shape.link_count; ++i) {
        Name name;
        std::size_t end = 0;
        CENOTE_CHECK(name.read(message, shape.links[i], end));
    }
}

void expect_stable(ByteView message, const Question& question, const AnswerInfo& shape) {
    std::vector<std::uint8_t> again(kMessageMax);
    std::size_t size = 0;
    AnswerInfo second;
    CENOTE_CHECK(scrub_answer(message, question, again, size, second) == AnswerStatus::Ok);
    CENOTE_CHECK(
        std::equal(message.begin(), message.end(), again.begin(), again.begin() + static_cast<std::ptrdiff_t>(size)));
    CENOTE_CHECK(second.ttl_s == shape.ttl_s && second.link_count == shape.link_count);
    CENOTE_CHECK(second.negative == shape.negative);
}

/// The reply as a client gets it: aged, with the case of its QNAME, within its size.
void expect_reply(const std::vector<std::uint8_t>& message, const Question& question, bool dnssec_ok,
                  std::size_t limit) {
    std::vector<std::uint8_t> asked(512);
    asked.resize(
        write_upstream_query(question, {.id = 7, .case_bits = 0xaaaaaaaaaaaaaaaa, .dnssec_ok = dnssec_ok}, asked));
    Query query;
    if (parse_query(asked, query) != ParseStatus::Ok) return;
    replied.reach();
    std::vector<std::uint8_t> space(message);
    space.resize(message.size() + 64);
    ReplyBuffer reply{space, std::min(limit, space.size()), message.size()};
    age_answer(MutableBytes(space).first(message.size()), 10, 1, 3600);
    OptContent opt;
    opt.add({EdeCode::StaleAnswer, "stale", {}});
    finish_answer(query, opt, reply);
    CENOTE_CHECK(reply.size <= reply.limit && ldns_reads(reply.written()));
    CENOTE_CHECK(match_reply(reply.written(), asked, true) == MatchStatus::Match);
    for_each_answer(reply.written(),
                    [&](RrType type, ByteView) { CENOTE_CHECK(dnssec_ok || !is_authenticating(type, question.type)); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const bool dnssec_ok = (input.u8() & 1U) != 0;
    const std::vector<std::uint8_t> packet = input.copy();
    Question question;
    if (!fuzz::question_of(packet, question)) return 0;
    static std::vector<std::uint8_t> out(kMessageMax);
    std::size_t written = 0;
    AnswerInfo shape;
    if (scrub_answer(packet, question, out, written, shape) != AnswerStatus::Ok) return 0;
    CENOTE_CHECK(written >= kHeaderSize && written <= kMessageMax);
    const std::vector<std::uint8_t> message(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(written));
    if (!is_comparable(message)) return 0;
    CENOTE_CHECK(ldns_reads(message));
    scrubbed.reach();
    expect_links(message, shape);
    if (!shape.truncated) expect_stable(message, question, shape);
    for (const std::size_t limit : {std::size_t{512}, std::size_t{1232}, kMessageMax})
        expect_reply(message, question, dnssec_ok, limit);
    return 0;
}
