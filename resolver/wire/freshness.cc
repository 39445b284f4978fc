// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/freshness.h"

#include <algorithm>
#include <limits>

#include "resolver/wire/name.h"
#include "resolver/wire/types.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kMinimumSize = 4;  // the last field of a SOA

struct Fields {
    RrType type{};
    std::uint32_t ttl_s = 0;
    ByteView rdata;
};

bool read_record(ByteView message, std::size_t& offset, Fields& record) noexcept {
    if (!skip_name(message, offset)) return false;
    ByteReader reader(message.subspan(offset));
    record.type = static_cast<RrType>(reader.u16());
    reader.skip(2);
    record.ttl_s = reader.u32();
    record.rdata = reader.bytes(reader.u16());
    offset += reader.offset();
    return reader.ok();
}

}  // namespace

std::uint32_t seconds_fresh(ByteView message) noexcept {
    if (message.size() < kHeaderSize) return 0;
    const auto rcode = static_cast<Rcode>(message[3] & 0x0f);
    if (rcode != Rcode::NoError && rcode != Rcode::NXDomain) return 0;
    const std::uint16_t answers = load_u16(&message[6]);
    const std::uint16_t authorities = load_u16(&message[8]);
    std::size_t offset = kHeaderSize;
    for (std::uint16_t left = load_u16(&message[4]); left > 0; --left) {
        if (!skip_name(message, offset) || message.size() - offset < 4) return 0;
        offset += 4;
    }
    std::uint32_t lowest = std::numeric_limits<std::uint32_t>::max();
    Fields record;
    for (std::uint16_t left = answers; left > 0; --left) {
        if (!read_record(message, offset, record)) return 0;
        lowest = std::min(lowest, record.ttl_s);
    }
    if (answers > 0) return lowest;
    for (std::uint16_t left = authorities; left > 0; --left) {
        if (!read_record(message, offset, record)) return 0;
        if (record.type == RrType::SOA && record.rdata.size() >= kMinimumSize)
            return std::min(record.ttl_s, load_u32(&record.rdata[record.rdata.size() - kMinimumSize]));
    }
    return 0;
}

}  // namespace cenote::wire
