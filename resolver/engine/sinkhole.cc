// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/sinkhole.h"

#include <algorithm>
#include <array>

namespace cenote::engine {
namespace {

using policy::AnswerMode;
using wire::RrType;

/// The records of `null` and `address` mode: at most an A and an AAAA, or the reason as TXT.
class Substitutes {
public:
    Substitutes(RrType type, const policy::Cell& cell, std::uint32_t ttl_s) noexcept {
        if (type == RrType::A || type == RrType::ANY) add(RrType::A, cell.ipv4, ttl_s);
        if (type == RrType::AAAA || type == RrType::ANY) add(RrType::AAAA, cell.ipv6, ttl_s);
        if (type == RrType::TXT) add(RrType::TXT, cell.txt_rdata, ttl_s);
    }
    [[nodiscard]] std::span<const wire::Record> records() const noexcept { return {records_.data(), count_}; }

private:
    void add(RrType type, ByteView rdata, std::uint32_t ttl_s) noexcept {
        if (!rdata.empty()) records_[count_++] = {.owner_label = 0, .type = type, .ttl_s = ttl_s, .rdata = rdata};
    }
    std::array<wire::Record, 2> records_{};
    std::size_t count_ = 0;
};

/// Writes NXDOMAIN or NODATA with the SOA of the entry, without which it may not be cached (RFC 2308 §3, §5).
void write_negative(const SinkholeContext& sinkhole, wire::Rcode rcode, wire::ReplyBuffer& reply) noexcept {
    const auto cut = static_cast<std::uint8_t>(sinkhole.query.name.labels() - sinkhole.labels);
    const wire::Record soa{
        .owner_label = cut, .type = RrType::SOA, .ttl_s = sinkhole.ttl_s, .rdata = sinkhole.cell.soa_rdata};
    write_reply(sinkhole.query, rcode, {}, {&soa, 1}, reasons(sinkhole, WithRecords::No), reply);
}

void write_records(const SinkholeContext& sinkhole, std::span<const wire::Record> records,
                   wire::ReplyBuffer& reply) noexcept {
    write_reply(sinkhole.query, wire::Rcode::NoError, records, {}, reasons(sinkhole, WithRecords::Yes), reply);
}

wire::Record sinkhole_cname(const SinkholeContext& sinkhole) noexcept {
    return {.owner_label = 0, .type = RrType::CNAME, .ttl_s = sinkhole.ttl_s, .rdata = sinkhole.cell.cname};
}

}  // namespace

bool belongs_upstream(const wire::Query& query, const policy::Cell& cell, std::uint8_t labels) noexcept {
    if (query.type == RrType::DS && query.name.labels() == labels) return true;
    if (!cell.keep_open_below) return false;
    switch (query.type) {
        case RrType::DS:
        case RrType::DNSKEY:
        case RrType::NS:
        case RrType::SOA:
        case RrType::RRSIG:
        case RrType::NSEC:
        case RrType::NSEC3PARAM: return true;
        default: return false;
    }
}

wire::OptContent reasons(const SinkholeContext& sinkhole, WithRecords with_records) noexcept {
    const policy::Cell& cell = sinkhole.cell;
    wire::OptContent opt = sinkhole.opt;
    if (sinkhole.query.edns.wants_structured_error) {
        // The JSON replaces the text, and Forged Answer must not be used (draft-ietf-dnsop-structured-dns-error §5.2).
        opt.add({.code = cell.ede, .text = cell.structured, .short_text = cell.structured_short});
        return opt;
    }
    opt.add({.code = cell.ede, .text = cell.text, .short_text = {}});
    if (with_records == WithRecords::Yes)
        opt.add({.code = wire::EdeCode::ForgedAnswer, .text = {}, .short_text = {}});  // RFC 8914 §4.5
    return opt;
}

void write_sinkhole(const SinkholeContext& sinkhole, wire::ReplyBuffer& reply) noexcept {
    const policy::Cell& cell = sinkhole.cell;
    switch (cell.answer) {
        case AnswerMode::Drop: return;
        case AnswerMode::Refused:
            write_reply(sinkhole.query, wire::Rcode::Refused, {}, {}, reasons(sinkhole, WithRecords::No), reply);
            return;
        case AnswerMode::Nxdomain:
            // NXDOMAIN would deny the names below that are not sinkholed (RFC 8020 §2).
            write_negative(sinkhole, cell.keep_open_below ? wire::Rcode::NoError : wire::Rcode::NXDomain, reply);
            return;
        case AnswerMode::Cname: {
            const wire::Record cname = sinkhole_cname(sinkhole);
            write_records(sinkhole, {&cname, 1}, reply);
            return;
        }
        case AnswerMode::Nodata: break;
        case AnswerMode::Null:
        case AnswerMode::Address: {
            const Substitutes substitutes(sinkhole.query.type, cell, sinkhole.ttl_s);
            if (substitutes.records().empty()) break;
            write_records(sinkhole, substitutes.records(), reply);
            return;
        }
    }
    write_negative(sinkhole, wire::Rcode::NoError, reply);
}

void write_cname_target(const SinkholeContext& sinkhole, std::span<const ByteView> addresses,
                        wire::ReplyBuffer& reply) noexcept {
    std::array<wire::Record, kCnameTargetAddressesMax + 1> records{};
    records[0] = sinkhole_cname(sinkhole);
    std::size_t count = 1;
    for (const ByteView address : addresses.first(std::min(addresses.size(), kCnameTargetAddressesMax)))
        records[count++] = {.owner_label = wire::Record::kOwnerIsTarget,
                            .type = sinkhole.query.type,
                            .ttl_s = sinkhole.ttl_s,
                            .rdata = address};
    write_records(sinkhole, {records.data(), count}, reply);
}

}  // namespace cenote::engine
