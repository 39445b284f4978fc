// SPDX-License-Identifier: Apache-2.0
//
// The RDATA of one record in an answer, by us and by ldns: what we take, ldns takes and reads the same before and after
// it was scrubbed; of the types that both define alike and that no pointer is in, both take the same.
//
// Input: the type in two bytes, the RDATA.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/rdata.h"
#include "tests/fuzz/input.h"
#include "tests/support/packet.h"

// Included behind the standard headers: it defines `bool`, which clang rejects in front of them.
#include <ldns/ldns.h>

namespace {

using namespace cenote;
using namespace cenote::wire;

fuzz::Goal compared("RDATA is the same for ldns");
fuzz::Goal malformed("RDATA is refused");

constexpr std::size_t kRdataMax = 4096;
constexpr std::uint8_t kPointer = 0xc0;  // of no label, and of a compressed name (RFC 1035 §4.1.4)

/// Types whose RDATA ldns and we check to the same depth.
constexpr std::array kAlike{RrType::A,   RrType::AAAA, RrType::NS,  RrType::CNAME,
                            RrType::PTR, RrType::MX,   RrType::SOA, RrType::TXT};

std::vector<std::uint8_t> answer_with(const Question& question, ByteView rdata) {
    test::Packet packet;
    packet.header(7, 0x8180, 1, 1, 0, 0).bytes({question.name.wire().begin(), question.name.wire().end()});
    packet.u16(static_cast<unsigned>(question.type)).u16(1);
    packet.pointer(kHeaderSize).record(question.type, 60, {rdata.begin(), rdata.end()});
    return packet.data;
}

/// The first record of an answer as ldns reads it.
struct Theirs {
    std::vector<std::uint8_t> wire;  // without compression; empty: it cannot read the message
    std::size_t rdata_size = 0;      // it takes bytes behind the last field, which it ignores,
    bool has_all_fields = false;     // and RDATA that ends before the last field
};

Theirs read_by_ldns(ByteView message) {
    ldns_pkt* parsed = nullptr;
    if (ldns_wire2pkt(&parsed, message.data(), message.size()) != LDNS_STATUS_OK) return {};
    ldns_rr* record = ldns_rr_list_rr(ldns_pkt_answer(parsed), 0);
    CENOTE_CHECK(record != nullptr);
    ldns_rr2canonical(record);  // we fold names that are written anew; signatures are over this form (RFC 4034 §6.2)
    std::uint8_t* wire = nullptr;
    std::size_t size = 0;
    CENOTE_CHECK(ldns_rr2wire(&wire, record, LDNS_SECTION_ANSWER, &size) == LDNS_STATUS_OK);
    Theirs read{.wire = {wire, wire + size}};
    for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) read.rdata_size += ldns_rdf_size(ldns_rr_rdf(record, i));
    read.has_all_fields =
        ldns_rr_rd_count(record) >=
        ldns_rr_descriptor_minimum(ldns_rr_descript(static_cast<std::uint16_t>(ldns_rr_get_type(record))));
    std::free(wire);
    ldns_pkt_free(parsed);
    return read;
}

bool is_read_by_ldns(RrType type) {
    const auto number = static_cast<std::uint16_t>(type);
    return static_cast<std::uint16_t>(ldns_rr_descript(number)->_type) == number && rdata_layout(type) != "*";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > kRdataMax) return 0;
    static const Name owner = Name::parse("a.example").value();
    fuzz::Input input(data, size);
    const Question question{.name = owner, .type = static_cast<RrType>(input.u16()), .rr_class = RrClass::IN};
    const ByteView rdata = input.rest();
    const auto packet = answer_with(question, rdata);
    static std::vector<std::uint8_t> out(kMessageMax);
    std::size_t written = 0;
    AnswerInfo info;
    const AnswerStatus status = scrub_answer(packet, question, out, written, info);
    if (status == AnswerStatus::Malformed) malformed.reach();
    const Theirs theirs = read_by_ldns(packet);
    if (status == AnswerStatus::Ok && is_read_by_ldns(question.type)) {
        const ByteView message = ByteView(out).first(written);
        std::size_t answers = 0;
        for_each_answer(message, [&](RrType, ByteView) { ++answers; });
        CENOTE_CHECK(!theirs.wire.empty());
        if (answers > 0) {
            compared.reach();
            CENOTE_CHECK(read_by_ldns(message).wire == theirs.wire);
        }
    }
    const bool is_alike = std::find(kAlike.begin(), kAlike.end(), question.type) != kAlike.end();
    const bool may_point = std::any_of(rdata.begin(), rdata.end(), [](std::uint8_t byte) { return byte >= kPointer; });
    // ldns takes a record without RDATA of any type, for dynamic updates (RFC 2136 §2.4).
    if (is_alike && !may_point && !rdata.empty()) {
        const bool they_take_all = theirs.has_all_fields && theirs.rdata_size == rdata.size();
        CENOTE_CHECK((status != AnswerStatus::Malformed) == they_take_all);
    }
    return 0;
}
