// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/scrub_writer.h"

#include <algorithm>
#include <array>

#include "resolver/wire/rdata.h"

namespace cenote::wire {
namespace {

constexpr std::uint16_t kPointer = 0xc000;
constexpr std::size_t kPointerReach = 0x4000;
constexpr std::uint16_t kRcodeBits = 0x000f;

bool is_alias(RrType type) noexcept { return type == RrType::CNAME || type == RrType::DNAME; }
bool is_service(RrType type) noexcept { return type == RrType::SVCB || type == RrType::HTTPS; }

}  // namespace

bool substitute(const Name& name, const Name& owner, const Name& target, Name& substituted) noexcept {
    std::array<std::uint8_t, 2 * Name::kBytesMax> bytes;
    ByteWriter writer(bytes);
    writer.bytes(name.wire().first(name.offset(static_cast<std::uint8_t>(name.labels() - owner.labels()))));
    writer.bytes(target.wire());
    std::size_t end = 0;
    return substituted.read_uncompressed(writer.written(), end);
}

AnswerStatus ScrubWriter::write(std::span<const std::uint16_t> order, std::size_t answer_count,
                                std::size_t& size) noexcept {
    shape_.ttl_s = kTtlMax;
    write_front(answer_count, order.size() - answer_count);
    const bool written = is_prefix(order) ? copy(order) : rebuild(order);
    if (too_many_links_) return AnswerStatus::Loop;
    if (!written || !writer_.ok()) return AnswerStatus::Malformed;
    // A negative answer without an SOA is not cached (RFC 2308 §5).
    if (order.empty() || (shape_.negative && !shape_.has_soa)) shape_.ttl_s = 0;
    size = writer_.size();
    return AnswerStatus::Ok;
}

void ScrubWriter::write_front(std::size_t answer_count, std::size_t authority_count) noexcept {
    // Without the OPT the upper bits of an extended rcode have no place, and the lower ones alone are another rcode.
    const Rcode rcode = static_cast<unsigned>(shape_.rcode) > kRcodeBits ? Rcode::ServFail : shape_.rcode;
    const unsigned ad = load_u16(&packet_[2]) & kFlagAd;
    const unsigned dnssec = shape_.holds_dnssec ? kHoldsDnssec : 0U;
    writer_.u16(0);
    writer_.u16(static_cast<std::uint16_t>(kFlagQr | kFlagRa | ad | dnssec | static_cast<unsigned>(rcode)));
    writer_.u16(1);
    writer_.u16(static_cast<std::uint16_t>(answer_count));
    writer_.u16(static_cast<std::uint16_t>(authority_count));
    writer_.u16(0);
    writer_.bytes(question_.name.wire());
    writer_.u16(static_cast<std::uint16_t>(question_.type));
    writer_.u16(static_cast<std::uint16_t>(question_.rr_class));
}

bool ScrubWriter::is_prefix(std::span<const std::uint16_t> order) const noexcept {
    if (!index_.tidy()) return false;
    for (std::size_t i = 0; i < order.size(); ++i)
        if (order[i] != i) return false;
    return true;
}

bool ScrubWriter::copy(std::span<const std::uint16_t> order) noexcept {
    if (order.empty()) return true;
    const std::size_t front = index_.question_end();
    writer_.bytes(packet_.subspan(front, index_.records()[order.back()].end - front));
    for (const std::uint16_t i : order) {
        const Record& record = index_.records()[i];
        store_u32(&out_[record.fixed + 4U], take_ttl(record));
        if (!take_link(record, index_.rdata(record))) return false;
    }
    return true;
}

bool ScrubWriter::rebuild(std::span<const std::uint16_t> order) noexcept {
    current_ = question_.name;
    for (const std::uint16_t i : order) {
        const Record& record = index_.records()[i & (kStandsForCname - 1U)];
        if ((i & kStandsForCname) != 0) {
            if (!synthesise(record)) return false;
            continue;
        }
        if (index_.type(record) == RrType::CNAME && !follow(record)) return false;
        if (!write_owner(record)) return false;
        writer_.bytes(packet_.subspan(record.fixed, 4));
        writer_.u32(take_ttl(record));
        if (!take_link(record, writer_.size() + 2) || !write_rdata(record)) return false;
    }
    return true;
}

bool ScrubWriter::follow(const Record& cname) noexcept {
    std::size_t end = 0;
    return index_.read_name(index_.rdata(cname), current_, end);
}

bool ScrubWriter::synthesise(const Record& dname) noexcept {
    Name owner;
    Name target;
    std::size_t end = 0;
    if (!index_.read_name(dname.owner, owner, end) || !index_.read_name(index_.rdata(dname), target, end)) return false;
    if (!substitute(current_, owner, target, target)) return false;
    if (current_ == question_.name)
        writer_.u16(kPointer | kHeaderSize);
    else
        writer_.bytes(current_.wire());
    writer_.u16(static_cast<std::uint16_t>(RrType::CNAME));
    writer_.u16(static_cast<std::uint16_t>(RrClass::IN));
    writer_.u32(take_ttl(dname));
    writer_.u16(static_cast<std::uint16_t>(target.wire().size()));
    remember(target, writer_.size());
    if (!add_link(target, writer_.size())) return false;
    writer_.bytes(target.wire());
    current_ = target;
    return true;
}

bool ScrubWriter::write_owner(const Record& record) noexcept {
    const std::uint16_t spelt = index_.owner_pointer(record);
    if (spelt != 0 && spelt == last_owner_) {
        writer_.u16(last_owner_pointer_);
        return true;
    }
    std::uint16_t pointer = 0;
    if (index_.is_name(record.owner, question_.name)) {
        pointer = kPointer | kHeaderSize;
    } else if (last_name_pointer_ != 0 && index_.is_name(record.owner, last_name_)) {
        pointer = last_name_pointer_;
    } else {
        Name name;
        std::size_t end = 0;
        if (!index_.read_name(record.owner, name, end)) return false;
        remember(name, writer_.size());
        writer_.bytes(name.wire());
        return true;
    }
    writer_.u16(pointer);
    last_owner_ = spelt;
    last_owner_pointer_ = pointer;
    return true;
}

bool ScrubWriter::write_rdata(const Record& record) noexcept {
    const RrType type = index_.type(record);
    const std::size_t start = writer_.size() + 2;
    const auto on_bytes = [this](std::size_t at, std::size_t next) { writer_.bytes(packet_.subspan(at, next - at)); };
    const auto on_name = [&](std::size_t at, std::size_t& next, bool may_be_compressed) {
        next = at;
        if (!may_be_compressed) {  // the case of its letters stays: it may be signed (RFC 6840 §5.1)
            if (!skip_name(packet_, next)) return false;
            on_bytes(at, next);
            return true;
        }
        Name name;
        if (!index_.read_name(at, name, next)) return false;
        if (is_alias(type)) remember(name, writer_.size());
        writer_.bytes(name.wire());
        return true;
    };
    writer_.u16(0);
    if (!walk_rdata(packet_, type, index_.rdata(record), record.end, on_name, on_bytes)) return false;
    writer_.patch_u16(start - 2, static_cast<std::uint16_t>(writer_.size() - start));
    return true;
}

void ScrubWriter::remember(const Name& name, std::size_t place) noexcept {
    if (place >= kPointerReach) return;
    last_name_ = name;
    last_name_pointer_ = static_cast<std::uint16_t>(kPointer | place);
}

std::uint32_t ScrubWriter::take_ttl(const Record& record) noexcept {
    std::uint32_t ttl = load_u32(&packet_[record.fixed + 4U]);
    if (ttl > kTtlMax) ttl = 0;
    // A negative answer is cached for the lower of TTL and MINIMUM of its SOA, downstream too (RFC 2308 §5).
    if (shape_.negative && index_.type(record) == RrType::SOA) ttl = std::min(ttl, load_u32(&packet_[record.end - 4U]));
    shape_.ttl_s = std::min(shape_.ttl_s, ttl);
    return ttl;
}

bool ScrubWriter::take_link(const Record& record, std::size_t place) noexcept {
    const RrType type = index_.type(record);
    if (!is_alias(type) && !is_service(type)) return true;
    const std::size_t behind_priority = is_service(type) ? 2 : 0;
    Name target;
    std::size_t end = 0;
    if (!index_.read_name(index_.rdata(record) + behind_priority, target, end)) return false;
    const bool again = shape_.link_count > 0 && target == last_link_;
    if (is_service(type) && (target.labels() == 0 || again))
        return true;  // TargetName "." is the owner (RFC 9460 §2.5)
    return add_link(target, place + behind_priority);
}

bool ScrubWriter::add_link(const Name& target, std::size_t place) noexcept {
    too_many_links_ = shape_.link_count == AnswerInfo::kLinksMax;
    if (too_many_links_) return false;
    shape_.links[shape_.link_count++] = static_cast<std::uint16_t>(place);
    last_link_ = target;
    return true;
}

}  // namespace cenote::wire
