// SPDX-License-Identifier: Apache-2.0
//
// Datagrams in the place of an answer of upstream: one that matches a query has its question for ldns too, and one that
// matches to the letter matches without. How long a message may be kept is what its records say, by ldns.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/freshness.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/question.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using namespace cenote::wire;

constexpr std::size_t kCaseBytes = 8;

fuzz::Goal matches("a datagram is the answer of a query");
fuzz::Goal other_case("the answer of a query, with another case of its name");
fuzz::Goal fresh_answer("a message has an answer that may be kept");

void expect_question(const ldns_pkt* theirs, const Question& question) {
    CENOTE_CHECK(ldns_pkt_qr(theirs) && ldns_pkt_qdcount(theirs) == 1);
    const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(theirs), 0);
    CENOTE_CHECK(static_cast<unsigned>(ldns_rr_get_type(asked)) == static_cast<unsigned>(question.type));
    CENOTE_CHECK(static_cast<unsigned>(ldns_rr_get_class(asked)) == static_cast<unsigned>(question.rr_class));
    const ldns_rdf* owner = ldns_rr_owner(asked);
    std::vector<std::uint8_t> name(ldns_rdf_data(owner), ldns_rdf_data(owner) + ldns_rdf_size(owner));
    fold(name.data(), name.data(), name.size());
    CENOTE_CHECK(std::equal(name.begin(), name.end(), question.name.wire().begin(), question.name.wire().end()));
}

/// Of the answer section, which has records; ldns keeps the records of a section in their order.
std::uint32_t lowest_ttl(const ldns_rr_list* records) {
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i)
        lowest = std::min(lowest, ldns_rr_ttl(ldns_rr_list_rr(records, i)));
    return lowest;
}

/// ldns looks for the next record behind the last field that it knows, and not behind the RDATA. Where it has read all
/// of each RDATA of an answer to one question, it has read the records that are there.
bool has_read_whole(const ldns_rr_list* records, ByteView packet) {
    const std::size_t count = ldns_rr_list_rr_count(records);
    std::size_t seen = 0;
    bool whole = load_u16(&packet[4]) == 1;
    for_each_answer(packet, [&](RrType, ByteView rdata) {
        if (seen == count) return;
        const ldns_rr* record = ldns_rr_list_rr(records, seen++);
        std::size_t size = 0;
        for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) size += ldns_rdf_size(ldns_rr_rdf(record, i));
        whole = whole && size == rdata.size();
    });
    return whole && seen == count;
}

void expect_freshness(const ldns_pkt* theirs, ByteView packet) {
    const std::uint32_t fresh = seconds_fresh(packet);
    const auto rcode = ldns_pkt_get_rcode(theirs);
    if (rcode != LDNS_RCODE_NOERROR && rcode != LDNS_RCODE_NXDOMAIN) {
        CENOTE_CHECK(fresh == 0);
        return;
    }
    const ldns_rr_list* answer = ldns_pkt_answer(theirs);
    if (ldns_rr_list_rr_count(answer) > 0 && has_read_whole(answer, packet)) {
        fresh_answer.reach();
        CENOTE_CHECK(fresh == lowest_ttl(answer));
    }
    if (ldns_rr_list_rr_count(answer) == 0 && ldns_rr_list_rr_count(ldns_pkt_authority(theirs)) == 0)
        CENOTE_CHECK(fresh == 0);
}

}  // namespace

/// Eight bytes: the case of the letters of the query; the rest is the datagram, of which the query has id and question.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < kCaseBytes + kHeaderSize) return 0;
    fuzz::Input input(data, size);
    const std::uint64_t high = input.u32();
    const std::uint64_t case_bits = high << 32U | input.u32();
    const std::vector<std::uint8_t> packet = input.copy();
    ldns_pkt* theirs = nullptr;
    if (ldns_wire2pkt(&theirs, packet.data(), packet.size()) != LDNS_STATUS_OK) theirs = nullptr;
    if (theirs != nullptr) expect_freshness(theirs, packet);
    (void)seconds_fresh(packet);
    Question question;
    if (fuzz::question_of(packet, question)) {
        std::vector<std::uint8_t> sent(512);
        sent.resize(write_upstream_query(question, {.id = load_u16(packet.data()), .case_bits = case_bits}, sent));
        const MatchStatus exact = match_reply(packet, sent, true);
        const MatchStatus folded = match_reply(packet, sent, false);
        CENOTE_CHECK(exact != MatchStatus::WrongId && folded != MatchStatus::WrongId);
        CENOTE_CHECK(exact != MatchStatus::Match || folded == MatchStatus::Match);
        if (folded == MatchStatus::Match) (exact == MatchStatus::Match ? matches : other_case).reach();
        if (theirs != nullptr && folded == MatchStatus::Match) expect_question(theirs, question);
        CENOTE_CHECK(match_reply(sent, sent, true) == MatchStatus::NoMatch);  // a query is no reply
        store_u16(sent.data(), static_cast<std::uint16_t>(load_u16(sent.data()) + 1));
        CENOTE_CHECK(match_reply(packet, sent, false) == MatchStatus::WrongId);
    }
    if (theirs != nullptr) ldns_pkt_free(theirs);
    return 0;
}
