// SPDX-License-Identifier: Apache-2.0
//
// Queries of clients: whatever is accepted, ldns reads alike; whatever we reply to anything, ldns can read.

#include <array>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/wire/fold.h"
#include "resolver/wire/query.h"
#include "resolver/wire/reply.h"
#include "tests/fuzz/input.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using namespace cenote::wire;

fuzz::Goal accepted("a query is taken that ldns reads");
fuzz::Goal refused("a message is answered by an error");
fuzz::Goal dropped("a message is not answered");

Rcode rcode_for(ParseStatus status) {
    switch (status) {
        case ParseStatus::FormErr:
        case ParseStatus::Keepalive:
        case ParseStatus::ProxyHeader: return Rcode::FormErr;
        case ParseStatus::NotImp: return Rcode::NotImp;
        case ParseStatus::BadVers: return Rcode::BadVers;
        case ParseStatus::Refused: return Rcode::Refused;
        default: return Rcode::NoError;
    }
}

ldns_pkt* read_with_ldns(ByteView packet) {
    ldns_pkt* parsed = nullptr;
    return ldns_wire2pkt(&parsed, packet.data(), packet.size()) == LDNS_STATUS_OK ? parsed : nullptr;
}

/// The question, where ldns can read the packet too (which checks more of the other records in a query).
void expect_same_question(ByteView packet, const Query& query) {
    ldns_pkt* theirs = read_with_ldns(packet);
    if (theirs == nullptr) return;
    CENOTE_CHECK(ldns_pkt_qdcount(theirs) == 1 && ldns_pkt_id(theirs) == query.id);
    accepted.reach();
    const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(theirs), 0);
    CENOTE_CHECK(static_cast<unsigned>(ldns_rr_get_type(question)) == static_cast<unsigned>(query.type));
    CENOTE_CHECK(static_cast<unsigned>(ldns_rr_get_class(question)) == static_cast<unsigned>(query.rr_class));
    const ldns_rdf* owner = ldns_rr_owner(question);
    std::vector<std::uint8_t> name(ldns_rdf_data(owner), ldns_rdf_data(owner) + ldns_rdf_size(owner));
    fold(name.data(), name.data(), name.size());
    CENOTE_CHECK(std::equal(name.begin(), name.end(), query.name.wire().begin(), query.name.wire().end()));
    CENOTE_CHECK(ldns_pkt_edns(theirs) == query.edns.present);
    ldns_pkt_free(theirs);
}

void expect_readable(const ReplyBuffer& reply, const std::vector<std::uint8_t>& buffer, const Query& query) {
    CENOTE_CHECK(reply.size >= kHeaderSize && reply.size <= reply.limit);
    for (std::size_t i = reply.limit; i < buffer.size(); ++i) CENOTE_CHECK(buffer[i] == 0xee);
    ldns_pkt* theirs = read_with_ldns(reply.written());
    CENOTE_CHECK(theirs != nullptr);
    CENOTE_CHECK(ldns_pkt_qr(theirs) && ldns_pkt_id(theirs) == query.id && !ldns_pkt_aa(theirs) &&
                 !ldns_pkt_ad(theirs));
    CENOTE_CHECK(ldns_pkt_edns(theirs) == query.edns.present);
    ldns_pkt_free(theirs);
}

void reply_to(const Query& query, Rcode rcode, std::size_t limit) {
    static constexpr std::array<std::uint8_t, 4> kNull{};
    static const std::string kText(400, 't');
    static const std::string kShort(150, 's');
    static const std::string kNode(40, 'n');
    const std::array<Record, 2> records{Record{0, RrType::A, 30, kNull}, Record{1, RrType::A, 30, kNull}};
    OptContent opt;
    opt.nsid = kNode;
    opt.cookie = query.edns.cookie;
    opt.keepalive_100ms = 100;
    opt.add({EdeCode::Blocked, kText, kShort});
    opt.add({EdeCode::ForgedAnswer, {}, {}});
    std::vector<std::uint8_t> buffer(limit + 16, 0xee);
    ReplyBuffer reply{buffer, limit, 0};
    write_reply(query, rcode, records, {}, opt, reply);
    expect_readable(reply, buffer, query);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> packet = fuzz::Input(data, size).copy();
    Query query;
    const ParseStatus status = parse_query(packet, query);
    if (status == ParseStatus::Drop) {
        dropped.reach();
        return 0;
    }
    if (status != ParseStatus::Ok) refused.reach();
    CENOTE_CHECK(udp_limit(query) >= 512 && udp_limit(query) <= kUdpSize);
    if (status == ParseStatus::Ok) expect_same_question(packet, query);
    for (const std::size_t limit : {std::size_t{512}, udp_limit(query), std::size_t{900}})
        reply_to(query, rcode_for(status), limit);
    return 0;
}
