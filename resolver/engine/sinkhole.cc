// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/sinkhole.h"

#include <algorithm>
#include <array>

namespace cenote::engine {
namespace {

using policy::AnswerMode;
using wire::RrType;

/// The records that stand for the real ones in `null` and `address` mode: at most an A and an AAAA, or the reason as
/// TXT.
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

/// NXDOMAIN or NODATA with the SOA of the entry, without which nobody may cache it (RFC 2308 §3, §5).
void write_negative(const wire::Query& query, const policy::Cell& cell, std::uint8_t labels, std::uint32_t ttl_s,
                    wire::Rcode rcode, wire::ReplyBuffer& reply) noexcept {
    const auto cut = static_cast<std::uint8_t>(query.name.labels() - labels);
    const wire::Record soa{.owner_label = cut, .type = RrType::SOA, .ttl_s = ttl_s, .rdata = cell.soa_rdata};
    write_reply(query, rcode, {}, {&soa, 1}, reasons(query, cell, false), reply);
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

wire::OptContent reasons(const wire::Query& query, const policy::Cell& cell, bool with_records) noexcept {
    wire::OptContent opt;
    if (query.edns.wants_structured_error) {
        // Draft on structured DNS errors §5.2: the JSON takes the text's place, and Forged Answer must not be said.
        opt.add({.code = cell.ede, .text = cell.structured, .short_text = cell.structured_short});
        return opt;
    }
    opt.add({.code = cell.ede, .text = cell.text, .short_text = {}});
    if (with_records) opt.add({.code = wire::EdeCode::ForgedAnswer, .text = {}, .short_text = {}});  // RFC 8914 §4.5
    return opt;
}

void write_sinkhole(const wire::Query& query, const policy::Cell& cell, std::uint8_t labels, std::uint32_t ttl_s,
                    wire::ReplyBuffer& reply) noexcept {
    switch (cell.answer) {
        case AnswerMode::Drop: return;
        case AnswerMode::Refused:
            write_reply(query, wire::Rcode::Refused, {}, {}, reasons(query, cell, false), reply);
            return;
        case AnswerMode::Nxdomain:
            // RFC 8020 §2: NXDOMAIN would close what is open below.
            write_negative(query, cell, labels, ttl_s,
                           cell.keep_open_below ? wire::Rcode::NoError : wire::Rcode::NXDomain, reply);
            return;
        case AnswerMode::Cname: {
            const wire::Record cname{.owner_label = 0, .type = RrType::CNAME, .ttl_s = ttl_s, .rdata = cell.cname};
            write_reply(query, wire::Rcode::NoError, {&cname, 1}, {}, reasons(query, cell, true), reply);
            return;
        }
        case AnswerMode::Nodata: break;
        case AnswerMode::Null:
        case AnswerMode::Address: {
            const Substitutes substitutes(query.type, cell, ttl_s);
            if (substitutes.records().empty()) break;
            write_reply(query, wire::Rcode::NoError, substitutes.records(), {}, reasons(query, cell, true), reply);
            return;
        }
    }
    write_negative(query, cell, labels, ttl_s, wire::Rcode::NoError, reply);
}

void write_landing(const wire::Query& query, const policy::Cell& cell, std::uint32_t ttl_s,
                   std::span<const ByteView> addresses, wire::ReplyBuffer& reply) noexcept {
    std::array<wire::Record, kLandingAddressesMax + 1> records{};
    records[0] = {.owner_label = 0, .type = RrType::CNAME, .ttl_s = ttl_s, .rdata = cell.cname};
    std::size_t count = 1;
    for (const ByteView address : addresses.first(std::min(addresses.size(), kLandingAddressesMax)))
        records[count++] = {
            .owner_label = wire::Record::kOwnerIsTarget, .type = query.type, .ttl_s = ttl_s, .rdata = address};
    write_reply(query, wire::Rcode::NoError, {records.data(), count}, {}, reasons(query, cell, true), reply);
}

}  // namespace cenote::engine
