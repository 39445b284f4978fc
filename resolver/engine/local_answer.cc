// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/local_answer.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "resolver/engine/query_context.h"

namespace cenote::engine {
namespace {

using wire::Rcode;
using wire::Record;
using wire::RrType;

constexpr std::uint32_t kTtlS = 300;
constexpr std::uint32_t kAnyTtlS = 3600;
constexpr std::uint8_t kResolverArpaLabels = 2;  // the zone is resolver.arpa (RFC 9462 §6.4)

constexpr std::uint8_t kLoopback4[] = {127, 0, 0, 1};
constexpr std::uint8_t kLoopback6[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
// CPU "RFC8482", OS "" (RFC 8482 §4.2).
constexpr std::uint8_t kMinimalAny[] = {7, 'R', 'F', 'C', '8', '4', '8', '2', 0};
// cenote.invalid. nobody.invalid. 1 3600 600 86400 300: the SOA of zones that are empty here (RFC 6303 §3).
constexpr std::uint8_t kSoa[] = {6,    'c', 'e', 'n',  'o',  't', 'e', 7,    'i',  'n', 'v', 'a',  'l',
                                 'i',  'd', 0,   6,    'n',  'o', 'b', 'o',  'd',  'y', 7,   'i',  'n',
                                 'v',  'a', 'l', 'i',  'd',  0,   0,   0,    0,    1,   0,   0,    0x0e,
                                 0x10, 0,   0,   0x02, 0x58, 0,   1,   0x51, 0x80, 0,   0,   0x01, 0x2c};

class LocalWriter {
public:
    LocalWriter(const wire::Query& query, const wire::OptContent& opt, wire::ReplyBuffer& reply) noexcept
        : query_(query), opt_(opt), reply_(reply) {}

    void negative(Rcode rcode, std::uint8_t zone_labels) const noexcept {
        const auto cut = static_cast<std::uint8_t>(query_.name.labels() - zone_labels);
        const Record soa{.owner_label = cut, .type = RrType::SOA, .ttl_s = kTtlS, .rdata = kSoa};
        write_reply(query_, rcode, {}, {&soa, 1}, opt_, reply_);
    }
    void answer(RrType type, std::uint32_t ttl_s, ByteView rdata) const noexcept {
        const Record record{.owner_label = 0, .type = type, .ttl_s = ttl_s, .rdata = rdata};
        write_reply(query_, Rcode::NoError, {&record, 1}, {}, opt_, reply_);
    }
    void records(std::span<const LocalRecord> all) const noexcept;
    void chaos(const Snapshot& snapshot) const noexcept;

private:
    const wire::Query& query_;
    const wire::OptContent& opt_;
    wire::ReplyBuffer& reply_;
};

/// Selects the records of QTYPE; ANY: all of them.
void LocalWriter::records(std::span<const LocalRecord> all) const noexcept {
    constexpr std::size_t kRecordsMax = 32;
    std::array<Record, kRecordsMax> chosen{};
    std::size_t count = 0;
    for (const LocalRecord& record : all)
        if ((record.type == query_.type || query_.type == RrType::ANY) && count < kRecordsMax)
            chosen[count++] = {.owner_label = 0, .type = record.type, .ttl_s = record.ttl_s, .rdata = record.rdata};
    if (count == 0) return negative(Rcode::NoError, query_.name.labels());
    write_reply(query_, Rcode::NoError, {chosen.data(), count}, {}, opt_, reply_);
}

void LocalWriter::chaos(const Snapshot& snapshot) const noexcept {
    struct Row {
        std::string_view wire_name;  // folded, with the root byte
        const std::string& text;
    };
    using namespace std::string_view_literals;
    const Row rows[] = {
        {"\2id\6server\0"sv, snapshot.node},
        {"\10hostname\4bind\0"sv, snapshot.node},
        {"\7version\4bind\0"sv, snapshot.version_text},
        {"\7version\6server\0"sv, snapshot.version_text},
        {"\6policy\6cenote\0"sv, snapshot.policy_text},
    };
    const ByteView asked = query_.name.wire();
    const auto row = std::ranges::find_if(rows, [&](const Row& candidate) {
        return std::ranges::equal(candidate.wire_name, asked, {}, [](char c) { return static_cast<std::uint8_t>(c); });
    });
    if (row == std::end(rows) || (query_.type != RrType::TXT && query_.type != RrType::ANY)) {
        write_reply(query_, Rcode::Refused, {}, {}, opt_, reply_);
        return;
    }
    std::array<std::uint8_t, 256> text{};
    const std::size_t size = std::min<std::size_t>(row->text.size(), 255);
    text[0] = static_cast<std::uint8_t>(size);
    std::copy_n(row->text.begin(), size, text.begin() + 1);
    answer(RrType::TXT, 0, ByteView(text).first(size + 1));
}

}  // namespace

void write_local(const QueryContext& context, const Snapshot& snapshot, const wire::OptContent& opt,
                 wire::ReplyBuffer& reply) noexcept {
    const wire::Query& query = context.query;
    const LocalAnswer& local = context.local;
    const LocalWriter writer(query, opt, reply);
    switch (local.kind) {
        case LocalKind::Records: writer.records(local.records); return;
        case LocalKind::Chaos: writer.chaos(snapshot); return;
        case LocalKind::MinimalAny: writer.answer(RrType::HINFO, kAnyTtlS, kMinimalAny); return;
        case LocalKind::Loopback:
            if (query.type == RrType::A) return writer.answer(RrType::A, kTtlS, kLoopback4);
            if (query.type == RrType::AAAA) return writer.answer(RrType::AAAA, kTtlS, kLoopback6);
            return writer.negative(Rcode::NoError, local.zone_labels);
        case LocalKind::Nxdomain:
        case LocalKind::Canary: writer.negative(Rcode::NXDomain, local.zone_labels); return;
        case LocalKind::ResolverInfo: snapshot.discovery.write_info(query, opt, reply); return;
        case LocalKind::Designation:
            if (!snapshot.discovery.write_designation(query, context.client, opt, reply))
                writer.negative(Rcode::NoError, kResolverArpaLabels);
            return;
        case LocalKind::None:
        case LocalKind::EmptyZone:
        case LocalKind::Nodata: writer.negative(Rcode::NoError, local.zone_labels); return;
    }
}

const LocalRecord* alias_of(const LocalAnswer& local, RrType type) noexcept {
    if (local.kind != LocalKind::Records || type == RrType::CNAME || type == RrType::ANY) return nullptr;
    const auto alias = std::ranges::find(local.records, RrType::CNAME, &LocalRecord::type);
    return alias == local.records.end() ? nullptr
                                        : &*alias;  // a CNAME is the only record of its name (RFC 1034 §3.6.2)
}

Rcode add_local(const wire::Question& question, const LocalAnswer& local, wire::ChainWriter& chain) noexcept {
    bool found = false;
    for (const LocalRecord& record : local.records) {
        if (record.type != question.type) continue;
        chain.add_answer(question.name, record.type, record.ttl_s, record.rdata);
        found = true;
    }
    const bool is_loopback = local.kind == LocalKind::Loopback;
    if (is_loopback && question.type == RrType::A)
        return chain.add_answer(question.name, RrType::A, kTtlS, kLoopback4), Rcode::NoError;
    if (is_loopback && question.type == RrType::AAAA)
        return chain.add_answer(question.name, RrType::AAAA, kTtlS, kLoopback6), Rcode::NoError;
    if (found) return Rcode::NoError;
    wire::Name zone;
    std::size_t end = 0;
    if (zone.read_uncompressed(question.name.suffix(local.zone_labels), end))
        chain.add_authority(zone, RrType::SOA, kTtlS, kSoa);
    const bool is_nothing = local.kind == LocalKind::Nxdomain || local.kind == LocalKind::Canary;
    return is_nothing ? Rcode::NXDomain : Rcode::NoError;
}

}  // namespace cenote::engine
