// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/answer_index.h"

#include <algorithm>

#include "resolver/wire/fold.h"
#include "resolver/wire/rdata.h"

namespace cenote::wire {
namespace {

constexpr std::size_t kRecordFixed = 10;  // TYPE, CLASS, TTL, RDLENGTH
constexpr std::size_t kRecordMin = 1 + kRecordFixed;
constexpr std::uint8_t kPointer = 0xc0;
constexpr std::size_t kLabelMax = 63;
constexpr unsigned kPointersMax = 126;

}  // namespace

bool AnswerIndex::read_question() noexcept {
    if (packet_.size() < kHeaderSize || packet_.size() > kMessageMax || load_u16(&packet_[4]) != 1) return false;
    at_ = kHeaderSize;
    if (!check_name(at_, false) || packet_.size() - at_ < 4) return false;
    at_ += 4;
    question_end_ = at_;
    return true;
}

bool AnswerIndex::read_records() noexcept {
    const unsigned counts[] = {load_u16(&packet_[6]), load_u16(&packet_[8]), load_u16(&packet_[10])};
    if ((counts[0] + counts[1] + counts[2]) * kRecordMin > packet_.size() - at_) return false;
    for (const Section section : {Section::Answer, Section::Authority, Section::Additional})
        for (unsigned i = 0; i < counts[static_cast<std::size_t>(section)]; ++i)
            if (!read_record(section)) return false;
    answer_count_ = counts[0];
    return at_ == packet_.size();
}

bool AnswerIndex::read_record(Section section) noexcept {
    const std::size_t owner = at_;
    if (!check_name(at_, true) || packet_.size() - at_ < kRecordFixed) return false;
    const std::size_t fixed = at_;
    const std::size_t size = load_u16(&packet_[fixed + 8]);
    at_ += kRecordFixed;
    if (packet_.size() - at_ < size) return false;
    const std::size_t end = at_ + size;
    const auto type = static_cast<RrType>(load_u16(&packet_[fixed]));
    if (type == RrType::OPT) {
        if (section != Section::Additional || packet_[owner] != 0 || has_opt() || !check_options(end)) return false;
        opt_ = fixed;
    } else if (!check_rdata(type, static_cast<RrClass>(load_u16(&packet_[fixed + 2])), end)) {
        return false;
    }
    at_ = end;
    if (section == Section::Additional) return true;
    if (count_ == kRecordsMax) return false;
    records_[count_++] = {static_cast<std::uint16_t>(owner), static_cast<std::uint16_t>(fixed),
                          static_cast<std::uint16_t>(end)};
    return true;
}

bool AnswerIndex::check_rdata(RrType type, RrClass rr_class, std::size_t end) noexcept {
    if (rr_class != RrClass::IN) return true;  // another class has other layouts, and is never kept
    const auto on_name = [this](std::size_t at, std::size_t& next, bool may_be_compressed) {
        next = at;
        return check_name(next, may_be_compressed);
    };
    return walk_rdata(packet_, type, at_, end, on_name, [](std::size_t, std::size_t) {});
}

bool AnswerIndex::check_options(std::size_t end) const noexcept {
    ByteReader reader(packet_.subspan(at_, end - at_));
    while (reader.left() > 0) {
        reader.skip(2);
        reader.skip(reader.u16());
    }
    return reader.ok();
}

bool AnswerIndex::check_name(std::size_t& offset, bool may_be_compressed) noexcept {
    std::size_t at = offset;
    std::size_t run = offset;  // where the present run of labels began
    std::size_t behind = 0;
    std::size_t size = 1;  // of the name in wire format, the root byte included
    unsigned pointers = 0;
    while (at < packet_.size() && spend(1)) {
        const std::size_t length = packet_[at];
        if (pointers == 0 && length <= kLabelMax && at < kPointerReach) label_starts_[at] = true;
        if (length == 0) {
            offset = pointers == 0 ? at + 1 : behind;
            return true;
        }
        if (length >= kPointer) {
            if (!may_be_compressed || packet_.size() - at < 2 || ++pointers > kPointersMax) return false;
            const std::size_t target = load_u16(&packet_[at]) & (kPointerReach - 1);
            if (target >= run || target < kHeaderSize) return false;
            if (pointers == 1) behind = at + 2;
            const bool known = label_starts_[target];
            tidy_ = tidy_ && known;
            if (known && at == offset) {  // nothing but a pointer to a name that was checked before
                offset = behind;
                return true;
            }
            at = run = target;
            continue;
        }
        if (length > kLabelMax || size + length + 1 > Name::kBytesMax || packet_.size() - at <= length) return false;
        size += length + 1;
        at += length + 1;
    }
    return false;
}

bool AnswerIndex::is_name(std::size_t at, const Name& name) noexcept {
    const ByteView wanted = name.wire();
    std::size_t done = 0;
    while (true) {
        const std::size_t length = packet_[at];
        if (!spend(1 + length / 8)) return false;
        if (length >= kPointer) {
            at = load_u16(&packet_[at]) & (kPointerReach - 1);
            continue;
        }
        if (length != wanted[done]) return false;
        if (length == 0) return true;
        std::array<std::uint8_t, kLabelMax> label;
        fold(&packet_[at + 1], label.data(), length);
        if (std::memcmp(label.data(), &wanted[done + 1], length) != 0) return false;
        at += length + 1;
        done += length + 1;
    }
}

bool AnswerIndex::read_name(std::size_t at, Name& name, std::size_t& end) noexcept {
    constexpr std::size_t kDearest = 32;  // the price of a name with many pointers and labels
    return spend(kDearest) && name.read(packet_, at, end);
}

bool AnswerIndex::spend(std::size_t work) noexcept {
    if (work >= work_left_) {
        work_left_ = 0;
        return false;
    }
    work_left_ -= work;
    return true;
}

}  // namespace cenote::wire
