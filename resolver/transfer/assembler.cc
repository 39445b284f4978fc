// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/assembler.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace cenote::transfer {

using wire::RrType;

namespace {

/// Bytes of a record with the heap allocations of its strings; a short string has none.
std::size_t size_of(const RpzRecord& record) {
    const auto heap_size = [](const std::string& text) {
        return text.capacity() > std::string().capacity() ? text.capacity() + 1 : 0;
    };
    return sizeof(RpzRecord) + heap_size(record.owner) + heap_size(record.rdata);
}

std::size_t size_of(const std::vector<RpzRecord>& records) {
    return std::accumulate(records.begin(), records.end(), std::size_t{0},
                           [](std::size_t sum, const RpzRecord& record) { return sum + size_of(record); });
}

}  // namespace

Status Assembler::add(ByteView message) {
    RecordReader records(message);
    for (unsigned left = records.header().answers; left > 0; --left) {
        const auto record = records.next();
        if (!record) break;
        if (complete()) return Error{"there are records after the end of the zone"};
        if (auto added = add_record(message, *record); !added) return added;
    }
    return records.ok() ? Status(Done{}) : Status(Error{"a message is malformed"});
}

Status Assembler::add_record(ByteView message, const RecordView& record) {
    wire::Name owner;
    std::size_t owner_end = 0;
    if (!owner.read(message, record.start, owner_end)) return Error{"a message is malformed"};
    if (record.rr_class != static_cast<std::uint16_t>(wire::RrClass::IN) || !owner.is_below_or_equal(zone_))
        return Error{fmt::format("a record of {} is not in the zone", owner.to_string())};
    if (record.type == RrType::SOA) {
        const auto soa = read_soa(message, record);
        if (!soa || !(owner == zone_)) return Error{"an SOA record is malformed"};
        return on_soa(*soa);
    }
    if (state_ == State::First) return Error{"the zone does not begin with its SOA"};
    if (state_ == State::Second) state_ = State::Whole;  // not increments, though they were asked for (RFC 1995 §4)
    if (owner == zone_ || is_no_policy(record.type)) return Done{};
    auto made = policy_record(message, record, owner);
    if (!made) return std::move(made).error();
    return keep(*std::move(made));
}

Result<RpzRecord> Assembler::policy_record(ByteView message, const RecordView& record, const wire::Name& owner) const {
    RpzRecord made;
    made.owner.assign(reinterpret_cast<const char*>(owner.wire().data()), owner.wire().size() - zone_.wire().size());
    made.type = record.type;
    if (made.type == RrType::CNAME) {
        wire::Name target;
        std::size_t end = 0;
        if (!target.read(message, record.rdata, end) || end != record.end())
            return Error{"a CNAME record is malformed"};
        made.rdata.assign(reinterpret_cast<const char*>(target.wire().data()), target.wire().size());
        return made;
    }
    const std::size_t fixed = made.type == RrType::A ? 4 : made.type == RrType::AAAA ? 16 : record.size;
    if (record.size != fixed) return Error{"an address record is malformed"};
    made.rdata.assign(reinterpret_cast<const char*>(message.data()) + record.rdata, record.size);
    return made;
}

Status Assembler::keep(RpzRecord record) {
    auto& into = state_ == State::Whole ? records_ : state_ == State::Removing ? increment_.removed : increment_.added;
    const std::size_t held = records_.size() + increment_.removed.size() + increment_.added.size();
    if (held >= limits_.records_max)
        return Error{
            fmt::format("the zone has more than {} records; reduce it at the primary, or split it into several zones",
                        limits_.records_max)};
    memory_ += size_of(record);
    if (memory_ > limits_.memory_max)
        return Error{
            fmt::format("the zone would take more than {} MiB of memory; reduce it at the primary, or split it into "
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
            if (soa == target_) {  // the zone is empty
                state_ = State::Complete;
                return Done{};
            }
            if (known_ == nullptr || soa.serial != known_->soa.serial)
                return Error{fmt::format("its increments begin at serial {}, which is not the known one", soa.serial)};
            records_ = known_->records;
            memory_ = size_of(records_);
            increment_to_ = soa.serial;
            state_ = State::Removing;
            return Done{};
        case State::Whole:
            if (!(soa == target_)) return Error{"the SOA at the end is not the one at the beginning"};
            state_ = State::Complete;
            return Done{};
        case State::Removing:
            increment_to_ = soa.serial;
            state_ = State::Adding;
            return Done{};
        case State::Adding:
            if (auto settled = settle_increment(); !settled) return settled;
            if (soa.serial != increment_to_) return Error{"its increments do not follow each other"};
            state_ = increment_to_ == target_.serial ? State::Complete : State::Removing;
            return Done{};
        case State::Complete: break;
    }
    return Error{"there are records after the end of the zone"};
}

Status Assembler::settle_increment() {
    const auto order = [](std::vector<RpzRecord>& records) {
        std::sort(records.begin(), records.end());
        records.erase(std::unique(records.begin(), records.end()), records.end());
    };
    order(increment_.removed);
    order(increment_.added);
    if (!std::includes(records_.begin(), records_.end(), increment_.removed.begin(), increment_.removed.end()))
        return Error{"its increments remove what is not there"};
    std::vector<RpzRecord> left;
    left.reserve(records_.size());
    std::set_difference(std::make_move_iterator(records_.begin()), std::make_move_iterator(records_.end()),
                        increment_.removed.begin(), increment_.removed.end(), std::back_inserter(left));
    records_.clear();
    std::set_union(std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()), increment_.added.begin(),
                   increment_.added.end(), std::back_inserter(records_));
    increment_ = {};
    memory_ = size_of(records_);
    return Done{};
}

Result<std::optional<ZoneData>> Assembler::finish() && {
    if (!complete()) return Error{"the SOA at the end is missing"};
    if (up_to_date_) return std::optional<ZoneData>();
    // Increments keep the records in order; the records of a whole zone come in any order.
    if (!std::is_sorted(records_.begin(), records_.end())) std::sort(records_.begin(), records_.end());
    records_.erase(std::unique(records_.begin(), records_.end()), records_.end());
    return std::optional(ZoneData{target_, std::move(records_)});
}

}  // namespace cenote::transfer
