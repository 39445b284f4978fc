// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/message.h"

#include "resolver/base/check.h"

namespace cenote::transfer {
namespace {

constexpr std::uint16_t kToQuestionName = 0xc00c;  // compression pointer to offset 12 (RFC 1035 §4.1.4)
constexpr std::size_t kRecordFixed = 10;           // TYPE, CLASS, TTL, RDLENGTH
constexpr std::size_t kQuestionFixed = 4;          // QTYPE, QCLASS

}  // namespace

std::optional<Header> read_header(ByteView message) noexcept {
    ByteReader reader(message);
    Header header;
    header.id = reader.u16();
    header.flags = reader.u16();
    header.questions = reader.u16();
    header.answers = reader.u16();
    header.authorities = reader.u16();
    header.additionals = reader.u16();
    return reader.ok() ? std::optional(header) : std::nullopt;
}

std::optional<ZoneQuestion> read_question(ByteView message) noexcept {
    const auto header = read_header(message);
    ZoneQuestion question;
    std::size_t at = wire::kHeaderSize;
    if (!header || header->questions != 1 || !question.name.read(message, at, at) ||
        message.size() - at < kQuestionFixed)
        return std::nullopt;
    question.type = static_cast<wire::RrType>(load_u16(&message[at]));
    question.end = at + kQuestionFixed;
    return question;
}

RecordReader::RecordReader(ByteView message) noexcept : message_(message) {
    const auto header = read_header(message);
    ok_ = header.has_value();
    if (!ok_) return;
    header_ = *header;
    for (unsigned i = header->questions; i > 0 && ok_; --i) {
        ok_ = wire::skip_name(message, at_) && message.size() - at_ >= kQuestionFixed;
        at_ += kQuestionFixed;
    }
    if (ok_) left_ = std::uint32_t{header->answers} + header->authorities + header->additionals;
}

std::optional<RecordView> RecordReader::next() noexcept {
    if (!ok_ || left_ == 0) return std::nullopt;
    RecordView record;
    record.start = at_;
    ok_ = wire::skip_name(message_, at_) && message_.size() - at_ >= kRecordFixed;
    if (!ok_) return std::nullopt;
    record.type = static_cast<wire::RrType>(load_u16(&message_[at_]));
    record.rr_class = load_u16(&message_[at_ + 2]);
    record.ttl_s = load_u32(&message_[at_ + 4]);
    record.size = load_u16(&message_[at_ + 8]);
    record.rdata = at_ + kRecordFixed;
    ok_ = message_.size() - record.rdata >= record.size;
    if (!ok_) return std::nullopt;
    at_ = record.end();
    --left_;
    return record;
}

void WireWriter::u16(std::uint16_t number) {
    bytes_.push_back(static_cast<std::uint8_t>(number >> 8));
    bytes_.push_back(static_cast<std::uint8_t>(number));
}

void WireWriter::u32(std::uint32_t number) {
    u16(static_cast<std::uint16_t>(number >> 16));
    u16(static_cast<std::uint16_t>(number));
}

void WireWriter::u48(std::uint64_t number) {
    u16(static_cast<std::uint16_t>(number >> 32));
    u32(static_cast<std::uint32_t>(number));
}

void WireWriter::bytes(std::string_view text) { bytes(bytes_of(text)); }

MessageWriter::MessageWriter(std::uint16_t id, std::uint16_t flags) {
    bytes_.resize(wire::kHeaderSize);
    header_.id = id;
    header_.flags = flags;
}

MessageWriter::MessageWriter(Message message) : header_(read_header(message).value_or(Header{})) {
    CENOTE_CHECK(message.size() >= wire::kHeaderSize);
    bytes_ = std::move(message);
}

void MessageWriter::question(ByteView as_sent) {
    bytes(as_sent);
    ++header_.questions;
}

void MessageWriter::question(const wire::Name& name, wire::RrType type) {
    bytes(name.wire());
    u16(static_cast<std::uint16_t>(type));
    u16(static_cast<std::uint16_t>(wire::RrClass::IN));
    ++header_.questions;
}

void MessageWriter::begin_answer(std::string_view labels, wire::RrType type, std::uint32_t ttl_s) {
    bytes(labels);
    u16(kToQuestionName);
    begin_record(type, wire::RrClass::IN, ttl_s);
    ++header_.answers;
}

void MessageWriter::begin_authority(wire::RrType type, std::uint32_t ttl_s) {
    u16(kToQuestionName);
    begin_record(type, wire::RrClass::IN, ttl_s);
    ++header_.authorities;
}

void MessageWriter::begin_additional(const wire::Name& owner, wire::RrType type) {
    name(owner);
    begin_record(type, wire::RrClass::ANY, 0);
    ++header_.additionals;
}

void MessageWriter::begin_record(wire::RrType type, wire::RrClass rr_class, std::uint32_t ttl_s) {
    u16(static_cast<std::uint16_t>(type));
    u16(static_cast<std::uint16_t>(rr_class));
    u32(ttl_s);
    size_at_ = bytes_.size();
    u16(0);
}

void MessageWriter::end_record() {
    store_u16(&bytes_[size_at_], static_cast<std::uint16_t>(bytes_.size() - size_at_ - 2));
}

Message MessageWriter::finish() && {
    store_u16(bytes_.data(), header_.id);
    store_u16(&bytes_[2], header_.flags);
    store_u16(&bytes_[4], header_.questions);
    store_u16(&bytes_[6], header_.answers);
    store_u16(&bytes_[8], header_.authorities);
    store_u16(&bytes_[10], header_.additionals);
    return std::move(bytes_);
}

}  // namespace cenote::transfer
