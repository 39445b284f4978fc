// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_data.h"

namespace cenote::transfer {

using wire::RrType;

bool is_no_policy(RrType type) noexcept {
    switch (type) {
        case RrType::NS:
        case RrType::DS:
        case RrType::RRSIG:
        case RrType::NSEC:
        case RrType::DNSKEY:
        case RrType::NSEC3:
        case RrType::NSEC3PARAM:
        case RrType::CDS:
        case RrType::CDNSKEY: return true;
        default: return false;
    }
}

std::optional<Soa> read_soa(ByteView message, const RecordView& record) noexcept {
    constexpr std::size_t kNumbers = 20;  // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM (RFC 1035 §3.3.13)
    const ByteView whole = message.first(record.end());
    std::size_t at = record.rdata;
    if (!wire::skip_name(whole, at) || !wire::skip_name(whole, at) || whole.size() - at < kNumbers) return std::nullopt;
    ByteReader numbers(whole.subspan(at));
    Soa soa;
    soa.serial = numbers.u32();
    soa.refresh = numbers.u32();
    soa.retry = numbers.u32();
    soa.expire = numbers.u32();
    return soa;
}

}  // namespace cenote::transfer
