// SPDX-License-Identifier: Apache-2.0
//
// What a primary may send: a signature is found where one stands, and a transfer is refused or becomes a zone that we
// could serve again, whatever is in its messages.

#include <cstdint>
#include <optional>

#include "resolver/base/check.h"
#include "resolver/transfer/assembler.h"
#include "resolver/transfer/tsig.h"
#include "resolver/transfer/zone_file.h"
#include "tests/fuzz/input.h"

namespace {

cenote::fuzz::Goal transferred("a zone is transferred");
cenote::fuzz::Goal by_increments("a zone is changed by increments");
cenote::fuzz::Goal with_signature("a message has a signature");

}  // namespace

/// The first byte: whether a zone is known already; then messages, each behind its length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace cenote;
    using namespace cenote::transfer;
    if (size == 0) return 0;
    const auto zone = wire::Name::parse("rpz.example").value_or(wire::Name());
    ZoneData known;
    known.soa.serial = 1;
    known.records = {{std::string("\1a"), wire::RrType::CNAME, std::string(1, '\0')}};
    TransferLimits limits;
    limits.records_max = 1000;
    fuzz::Input input(data, size);
    const bool is_known = (input.u8() & 1U) != 0;
    Assembler assembler(zone, is_known ? &known : nullptr, limits);
    while (input.size() >= 2 && !assembler.complete()) {
        const ByteView message = input.framed();
        bool malformed = false;
        if (const auto tsig = find_tsig(message, malformed)) {
            with_signature.reach();
            CENOTE_CHECK(!malformed && tsig->start < message.size());
        }
        if (message.size() < wire::kHeaderSize || !assembler.add(message)) return 0;
    }
    if (!assembler.complete()) return 0;
    const auto data_of = std::move(assembler).finish();
    if (!data_of || !*data_of) return 0;
    (is_known ? by_increments : transferred).reach();
    CENOTE_CHECK((*data_of)->records.size() <= 1001);
    for (const RpzRecord& record : (*data_of)->records) CENOTE_CHECK(record.owner.size() + zone.wire().size() <= 255);
    const auto read = from_master_file(zone, to_master_file(zone, **data_of));
    CENOTE_CHECK(read && read->records == (*data_of)->records);
    return 0;
}
