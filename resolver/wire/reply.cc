// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/reply.h"

#include <algorithm>

#include "resolver/base/check.h"
#include "resolver/wire/answer.h"
#include "resolver/wire/dnssec_strip.h"
#include "resolver/wire/edns.h"

namespace cenote::wire {
namespace {

constexpr std::uint16_t kOpcodeBits = 0x7800;
constexpr std::uint16_t kRcodeBits = 0x000f;
constexpr std::uint16_t kPointer = 0xc000;
constexpr std::size_t kRecordFixed = 12;  // owner (a pointer), TYPE, CLASS, TTL, RDLENGTH

std::uint16_t reply_flags(const Query& query, unsigned rcode) noexcept {
    const unsigned copied = query.flags & (kOpcodeBits | kFlagRd | kFlagCd);
    return static_cast<std::uint16_t>(kFlagQr | kFlagRa | copied | (rcode & kRcodeBits));
}

void write_header(ByteWriter& writer, const Query& query, std::uint16_t flags, bool with_question) noexcept {
    writer.u16(query.id);
    writer.u16(flags);
    writer.u16(with_question ? 1 : 0);
    writer.u16(0);
    writer.u16(0);
    writer.u16(query.edns.present ? 1 : 0);
    if (with_question) writer.bytes(query.question);
}

std::size_t size_of(std::span<const Record> records) noexcept {
    std::size_t size = 0;
    for (const Record& record : records) size += kRecordFixed + record.rdata.size();
    return size;
}

/// The question and the rdata of the first record hold their names in full, so that pointers to them are valid.
std::uint16_t owner_of(const Query& query, const Record& record) noexcept {
    const std::size_t target = kHeaderSize + query.question.size() + kRecordFixed;
    const bool is_target = record.owner_label == Record::kOwnerIsTarget;
    return static_cast<std::uint16_t>(is_target ? target : kHeaderSize + query.name.offset(record.owner_label));
}

void write_record(ByteWriter& writer, const Query& query, const Record& record) noexcept {
    writer.u16(kPointer | owner_of(query, record));
    writer.u16(static_cast<std::uint16_t>(record.type));
    writer.u16(static_cast<std::uint16_t>(query.rr_class));
    writer.u32(record.ttl_s);
    writer.u16(static_cast<std::uint16_t>(record.rdata.size()));
    writer.bytes(record.rdata);
}

MutableBytes room_of(const ReplyBuffer& reply) noexcept {
    return reply.space.first(std::min({reply.limit, reply.space.size(), kMessageMax}));
}

/// Writes question and OPT with TC, or the header alone when those do not fit.
void write_truncated(const Query& query, unsigned rcode, bool with_question, const OptContent& opt, Trim trim,
                     ReplyBuffer& reply) noexcept {
    ByteWriter writer(room_of(reply));
    const auto flags = static_cast<std::uint16_t>(reply_flags(query, rcode) | kFlagTc);
    write_header(writer, query, flags, with_question);
    write_opt(writer, query.edns, static_cast<Rcode>(rcode), opt, trim);
    if (!writer.ok()) {
        writer.rewind(0);
        writer.u16(query.id);
        writer.u16(flags);
        writer.u32(0);
        writer.u32(0);
    }
    reply.size = writer.ok() ? writer.size() : 0;
}

}  // namespace

void write_reply(const Query& query, Rcode rcode, std::span<const Record> answer, std::span<const Record> authority,
                 const OptContent& opt, ReplyBuffer& reply) noexcept {
    // FORMERR carries no question: it may be what is wrong, and so small a reply amplifies nothing (CVE-2024-2169).
    const bool with_question = rcode != Rcode::FormErr && !query.question.empty();
    if (!with_question) answer = authority = {};
    // Without an OPT the upper bits of an extended rcode have no place, and the lower ones alone are another rcode.
    if (!query.edns.present && static_cast<unsigned>(rcode) > kRcodeBits) rcode = Rcode::ServFail;

    const MutableBytes room = room_of(reply);
    const std::size_t fixed =
        kHeaderSize + (with_question ? query.question.size() : 0) + size_of(answer) + size_of(authority);
    const Trim trim = fit_opt(query.edns, opt, room.size() - std::min(fixed, room.size()));
    ByteWriter writer(room);
    write_header(writer, query, reply_flags(query, static_cast<unsigned>(rcode)), with_question);
    for (const Record& record : answer) write_record(writer, query, record);
    for (const Record& record : authority) write_record(writer, query, record);
    writer.patch_u16(6, static_cast<std::uint16_t>(answer.size()));
    writer.patch_u16(8, static_cast<std::uint16_t>(authority.size()));
    write_opt(writer, query.edns, rcode, opt, trim);
    reply.size = writer.size();
    if (!writer.ok())
        write_truncated(query, static_cast<unsigned>(rcode), with_question, opt, trim, reply);
    else if (query.edns.wants_padding) [[unlikely]]
        reply.size = pad(query.edns, opt, room, reply.size, opt_size(query.edns, opt, trim));
}

void write_truncated_reply(const Query& query, const OptContent& opt, ReplyBuffer& reply) noexcept {
    const std::size_t fixed = kHeaderSize + query.question.size();
    const std::size_t room = room_of(reply).size();
    const Trim trim = fit_opt(query.edns, opt, room - std::min(fixed, room));
    write_truncated(query, static_cast<unsigned>(Rcode::NoError), !query.question.empty(), opt, trim, reply);
}

void finish_answer(const Query& query, const OptContent& opt, ReplyBuffer& reply) noexcept {
    CENOTE_CHECK(reply.size >= kHeaderSize + query.question.size() && reply.size <= reply.space.size());
    std::uint8_t* message = reply.space.data();
    const std::uint16_t stored = load_u16(message + 2);
    const unsigned rcode = stored & kRcodeBits;
    const std::size_t room = room_of(reply).size();
    // Without DO a client gets no DNSSEC records but those that it asks for by type (RFC 4035 §3.2.1).
    const bool is_whole = (stored & kHoldsDnssec) == 0 || query.edns.dnssec_ok || strip_dnssec(query, reply);
    const Trim trim = fit_opt(query.edns, opt, room - std::min(reply.size, room));
    if (!is_whole || reply.size + opt_size(query.edns, opt, trim) > room)
        return write_truncated(query, rcode, true, opt, trim, reply);

    const unsigned ad = query.wants_ad() ? stored & kFlagAd : 0U;
    store_u16(message, query.id);
    store_u16(message + 2, static_cast<std::uint16_t>(reply_flags(query, rcode) | ad));
    store_u16(message + 10, query.edns.present ? 1 : 0);
    std::copy(query.question.begin(), query.question.end(), message + kHeaderSize);
    ByteWriter tail(reply.space.subspan(reply.size));
    write_opt(tail, query.edns, static_cast<Rcode>(rcode), opt, trim);
    reply.size += tail.size();
    if (query.edns.wants_padding) [[unlikely]]
        reply.size = pad(query.edns, opt, reply.space.first(room), reply.size, tail.size());
}

std::size_t udp_limit(const Query& query) noexcept {
    return std::clamp<std::size_t>(query.edns.udp_size, 512, kUdpSize);
}

}  // namespace cenote::wire
