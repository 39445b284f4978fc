// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/chain_writer.h"

#include <algorithm>

#include "resolver/wire/dnssec_strip.h"
#include "resolver/wire/rdata.h"

namespace cenote::wire {
namespace {

constexpr std::uint16_t kPointer = 0xc000;
constexpr std::size_t kPointerReach = 0x4000;
constexpr std::size_t kRecordFixed = 10;  // TYPE, CLASS, TTL, RDLENGTH

}  // namespace

ChainWriter::ChainWriter(const Question& question, MutableBytes out, DnssecRecords dnssec) noexcept
    : question_(question), out_(out.first(std::min(out.size(), kMessageMax))), writer_(out_), dnssec_(dnssec) {
    for (int i = 0; i < 2; ++i) writer_.u16(0);
    writer_.u16(1);
    for (int i = 0; i < 3; ++i) writer_.u16(0);
    writer_.bytes(question.name.wire());
    writer_.u16(static_cast<std::uint16_t>(question.type));
    writer_.u16(static_cast<std::uint16_t>(question.rr_class));
}

void ChainWriter::write_owner(const Name& owner) noexcept {
    if (owner == question_.name)
        writer_.u16(kPointer | kHeaderSize);
    else if (target_pointer_ != 0 && owner == target_)
        writer_.u16(target_pointer_);
    else
        writer_.bytes(owner.wire());
}

void ChainWriter::begin_record(const Name& owner, RrType type, std::uint32_t ttl_s) noexcept {
    write_owner(owner);
    writer_.u16(static_cast<std::uint16_t>(type));
    writer_.u16(static_cast<std::uint16_t>(RrClass::IN));
    writer_.u32(ttl_s);
}

/// `place` is the offset of the rdata that was written.
void ChainWriter::remember_target(RrType type, std::size_t place) noexcept {
    std::size_t end = 0;
    if (type != RrType::CNAME || place >= kPointerReach || !writer_.ok()) return;
    target_pointer_ = 0;
    if (target_.read_uncompressed(writer_.written().subspan(place), end))
        target_pointer_ = static_cast<std::uint16_t>(kPointer | place);
}

void ChainWriter::add_answer(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept {
    begin_record(owner, type, ttl_s);
    writer_.u16(static_cast<std::uint16_t>(rdata.size()));
    const std::size_t place = writer_.size();
    writer_.bytes(rdata);
    remember_target(type, place);
    ++answers_;
}

void ChainWriter::add_authority(const Name& owner, RrType type, std::uint32_t ttl_s, ByteView rdata) noexcept {
    begin_record(owner, type, ttl_s);
    writer_.u16(static_cast<std::uint16_t>(rdata.size()));
    writer_.bytes(rdata);
    ++authorities_;
}

void ChainWriter::add_part(ByteView message, std::size_t answers) noexcept {
    std::size_t at = kHeaderSize;
    if (message.size() < kHeaderSize || !skip_name(message, at)) {
        readable_ = false;
        return;
    }
    at += 4;
    if (dnssec_ == DnssecRecords::Keep)
        flags_ = static_cast<std::uint16_t>(flags_ | (load_u16(&message[2]) & kHoldsDnssec));
    const std::size_t wanted = std::min<std::size_t>(load_u16(&message[6]), answers);
    for (std::size_t i = 0; i < wanted && readable_; ++i) readable_ = copy_record(message, at, answers_);
    if (answers != kAll) return;
    for (unsigned left = load_u16(&message[8]); left > 0 && readable_; --left)
        readable_ = copy_record(message, at, authorities_);
}

bool ChainWriter::copy_record(ByteView message, std::size_t& at, std::uint16_t& count) noexcept {
    Name owner;
    std::size_t fixed = 0;
    if (!owner.read(message, at, fixed) || message.size() - fixed < kRecordFixed) return false;
    const auto type = static_cast<RrType>(load_u16(&message[fixed]));
    const std::size_t from = fixed + kRecordFixed;
    const std::size_t end = from + load_u16(&message[fixed + 8]);
    if (end > message.size()) return false;
    at = end;
    if (dnssec_ == DnssecRecords::Strip && is_authenticating(type, question_.type)) return true;
    ++count;
    begin_record(owner, type, load_u32(&message[fixed + 4]));
    writer_.u16(0);
    const std::size_t place = writer_.size();
    const auto on_bytes = [&](std::size_t piece, std::size_t next) noexcept {
        writer_.bytes(message.subspan(piece, next - piece));
    };
    const auto on_name = [&](std::size_t piece, std::size_t& next, bool) noexcept {
        return copy_name(message, piece, next);
    };
    if (!walk_rdata(message, type, from, end, on_name, on_bytes)) return false;
    writer_.patch_u16(place - 2, static_cast<std::uint16_t>(writer_.size() - place));
    remember_target(type, place);
    return true;
}

bool ChainWriter::copy_name(ByteView message, std::size_t at, std::size_t& next) noexcept {
    next = at;
    if (!skip_name(message, next)) return false;
    std::size_t run = at;  // the start of the present run of labels; a pointer must lead to before it
    while (at < message.size() && message[at] != 0) {
        const std::size_t length = message[at];
        if (message.size() - at < 2) return false;
        if (length >= 0xc0) {
            const std::size_t target = load_u16(&message[at]) & (kPointerReach - 1);
            if (target >= run) return false;
            at = run = target;
            continue;
        }
        if (message.size() - at <= length) return false;
        writer_.bytes(message.subspan(at, length + 1));
        at += length + 1;
    }
    writer_.u8(0);
    return at < message.size();
}

std::size_t ChainWriter::finish(Rcode rcode) noexcept {
    writer_.patch_u16(2, static_cast<std::uint16_t>(flags_ | static_cast<unsigned>(rcode)));
    writer_.patch_u16(6, answers_);
    writer_.patch_u16(8, authorities_);
    return readable_ && writer_.ok() ? writer_.size() : 0;
}

}  // namespace cenote::wire
