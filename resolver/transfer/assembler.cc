// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace cenote::transfer {

using wire::RrType;

namespace {

/// What a record takes, whether its texts stand inside the strings or beside them.
std::size_t size_of(const RpzRecord& record) {
    const auto beside = [](const std::string& text) {
        return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
    };
    return sizeof(RpzRecord) + beside(record.owner) + beside(record.rdata);
}

std::size_t size_of(const std::vector<RpzRecord>& records) {
    return std::accumulate(records.begin(), records.end(), std::size_t{0},
                           [](std::size_t sum, const RpzRecord& record) { return sum + size_of(record); });
}

}  // namespace

bool is_of_the_zone(RrType type) noexcept {
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

std::optional<Soa> read_soa(ByteView message, std::size_t at, std::size_t end) {
    if (!wire::skip_name(message, at) || !wire::skip_name(message, at) || at + 20 > end) return std::nullopt;
    return Soa{load_u32(&message[at]), load_u32(&message[at + 4]), load_u32(&message[at + 8]),
               load_u32(&message[at + 12])};
}

Status Assembler::add(ByteView message) {
    std::size_t at = wire::kHeaderSize;
    for (unsigned i = load_u16(&message[4]); i > 0; --i) {
        if (!wire::skip_name(message, at) || message.size() - at < 4) return Error{"a message is broken"};
        at += 4;
    }
    for (unsigned i = load_u16(&message[6]); i > 0; --i) {
        wire::Name owner;
        if (!owner.read(message, at, at) || message.size() - at < 10) return Error{"a message is broken"};
        const std::uint16_t type = load_u16(&message[at]);
        const std::uint16_t rr_class = load_u16(&message[at + 2]);
        const std::size_t size = load_u16(&message[at + 8]);
        at += 10;
        if (message.size() - at < size) return Error{"a message is broken"};
        if (complete()) return Error{"there are records behind the end of the zone"};
        if (auto added = add_record(owner, type, rr_class, message, at, size); !added) return added;
        at += size;
    }
    return Done{};
}

Status Assembler::add_record(const wire::Name& owner, std::uint16_t type, std::uint16_t rr_class, ByteView message,
                             std::size_t at, std::size_t size) {
    if (rr_class != static_cast<std::uint16_t>(wire::RrClass::IN) || !owner.is_below_or_equal(zone_))
        return Error{fmt::format("a record of {} is not in the zone", owner.to_string())};
    if (type == static_cast<std::uint16_t>(RrType::SOA)) {
        const auto soa = read_soa(message, at, at + size);
        if (!soa || !(owner == zone_)) return Error{"an SOA record is broken"};
        return on_soa(*soa);
    }
    if (state_ == State::First) return Error{"the zone does not begin with its SOA"};
    if (state_ == State::Second) state_ = State::Whole;  // not increments, though they were asked for (RFC 1995 §4)
    if (owner == zone_ || is_of_the_zone(static_cast<RrType>(type))) return Done{};
    RpzRecord record;
    record.owner.assign(reinterpret_cast<const char*>(owner.wire().data()), owner.wire().size() - zone_.wire().size());
    record.type = static_cast<RrType>(type);
    if (record.type == RrType::CNAME) {
        wire::Name target;
        std::size_t end = at;
        if (!target.read(message, at, end) || end != at + size) return Error{"a CNAME record is broken"};
        record.rdata.assign(reinterpret_cast<const char*>(target.wire().data()), target.wire().size());
    } else {
        const std::size_t fixed = record.type == RrType::A ? 4 : record.type == RrType::AAAA ? 16 : size;
        if (size != fixed) return Error{"an address record is broken"};
        record.rdata.assign(reinterpret_cast<const char*>(message.data()) + at, size);
    }
    return keep(std::move(record));
}

Status Assembler::keep(RpzRecord record) {
    auto& into = state_ == State::Whole ? records_ : state_ == State::Removing ? step_.removed : step_.added;
    const std::size_t held = records_.size() + step_.removed.size() + step_.added.size();
    if (held >= limits_.records_max)
        return Error{fmt::format("it has more than {} records; have the primary serve less, or as several zones",
                                 limits_.records_max)};
    memory_ += size_of(record);
    if (memory_ > limits_.memory_max)
        return Error{
            fmt::format("it would take more than {} MiB of memory; have the primary serve less, or as "
                        "several zones",
                        limits_.memory_max >> 20)};
    into.push_back(std::move(record));
    return Done{};
}

Status Assembler::on_soa(const Soa& soa) {
    switch (state_) {
        case State::First:
            target_ = soa;
            if (known_ != nullptr && !is_later(soa.serial, known_->soa.serial)) {
                if (soa.serial != known_->soa.serial)
                    return Error{fmt::format("its serial went back from {} to {}", known_->soa.serial, soa.serial)};
                up_to_date_ = true;
                state_ = State::Complete;
                return Done{};
            }
            state_ = State::Second;
            return Done{};
        case State::Second:
            if (soa == target_) {  // an empty zone
                state_ = State::Complete;
                return Done{};
            }
            if (known_ == nullptr || soa.serial != known_->soa.serial)
                return Error{fmt::format("its increments begin at serial {}, which is not ours", soa.serial)};
            records_ = known_->records;
            memory_ = size_of(records_);
            step_to_ = soa.serial;
            state_ = State::Removing;
            return Done{};
        case State::Whole:
            if (!(soa == target_)) return Error{"the SOA at the end is not the one at the beginning"};
            state_ = State::Complete;
            return Done{};
        case State::Removing:
            step_to_ = soa.serial;
            state_ = State::Adding;
            return Done{};
        case State::Adding:
            if (auto settled = settle_step(); !settled) return settled;
            if (soa.serial != step_to_) return Error{"its increments do not follow each other"};
            state_ = step_to_ == target_.serial ? State::Complete : State::Removing;
            return Done{};
        case State::Complete: break;
    }
    return Error{"there are records behind the end of the zone"};
}

Status Assembler::settle_step() {
    const auto order = [](std::vector<RpzRecord>& records) {
        std::sort(records.begin(), records.end());
        records.erase(std::unique(records.begin(), records.end()), records.end());
    };
    order(step_.removed);
    order(step_.added);
    if (!std::includes(records_.begin(), records_.end(), step_.removed.begin(), step_.removed.end()))
        return Error{"its increments remove what is not there"};
    std::vector<RpzRecord> left;
    left.reserve(records_.size());
    std::set_difference(std::make_move_iterator(records_.begin()), std::make_move_iterator(records_.end()),
                        step_.removed.begin(), step_.removed.end(), std::back_inserter(left));
    records_.clear();
    std::set_union(std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()), step_.added.begin(),
                   step_.added.end(), std::back_inserter(records_));
    step_ = {};
    memory_ = size_of(records_);
    return Done{};
}

Result<std::optional<ZoneData>> Assembler::finish() && {
    if (!complete()) return Error{"the SOA at the end is missing"};
    if (up_to_date_) return std::optional<ZoneData>();
    // Increments leave the records in order; of a whole zone they come in the order that the primary likes.
    if (!std::is_sorted(records_.begin(), records_.end())) std::sort(records_.begin(), records_.end());
    records_.erase(std::unique(records_.begin(), records_.end()), records_.end());
    return std::optional(ZoneData{target_, std::move(records_)});
}

}  // namespace cenote::transfer
