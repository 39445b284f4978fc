// SPDX-License-Identifier: Apache-2.0
//
// The response of a node that is asked which rules it has: whatever digest is taken from a packet, ldns reads in the
// texts of its first record, if it can read the packet; and it is taken for one id alone.
//
// Input: the packet.

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/base/check.h"
#include "tests/fuzz/input.h"
#include "tools/cenote/node_rules.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;

fuzz::Goal taken("a digest is taken that ldns reads");
fuzz::Goal none("a packet has no digest");

/// All texts of the record as one.
std::string texts_of(const ldns_rr* record) {
    std::string text;
    for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
        const ldns_rdf* const one = ldns_rr_rdf(record, i);
        text.append(reinterpret_cast<const char*>(ldns_rdf_data(one)) + 1, ldns_rdf_size(one) - 1);
    }
    return text;
}

void expect_same(ByteView packet, const std::string& digest) {
    ldns_pkt* theirs = nullptr;
    if (ldns_wire2pkt(&theirs, packet.data(), packet.size()) != LDNS_STATUS_OK) return;
    const ldns_rr* const record = ldns_rr_list_rr(ldns_pkt_answer(theirs), 0);
    CENOTE_CHECK(ldns_pkt_qr(theirs) && record != nullptr && ldns_rr_get_type(record) == LDNS_RR_TYPE_TXT);
    CENOTE_CHECK(texts_of(record).find("rules " + digest) != std::string::npos);
    ldns_pkt_free(theirs);
    taken.reach();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    const std::vector<std::uint8_t> packet = fuzz::Input(data, size).copy();
    const std::uint16_t id = load_u16(packet.data());
    CENOTE_CHECK(!cli::rules_in_response(packet, static_cast<std::uint16_t>(id ^ 1U)));
    const auto digest = cli::rules_in_response(packet, id);
    if (!digest) {
        none.reach();
        return 0;
    }
    CENOTE_CHECK(digest->find(' ') == std::string::npos);
    expect_same(packet, *digest);
    return 0;
}
