// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/message.h"

#include <gtest/gtest.h>

#include <random>

namespace cenote::transfer {
namespace {

using wire::RrType;

const wire::Name kZone = *wire::Name::parse("rpz.example");

/// A question, two answers, an SOA in the authority section, and an additional record of class ANY.
Message sample() {
    MessageWriter writer(0x1234, wire::kFlagQr | wire::kFlagAa);
    writer.question(kZone, RrType::AXFR);
    writer.begin_answer("\1a", RrType::CNAME, 60);
    writer.name(wire::Name());
    writer.end_record();
    writer.begin_answer({}, RrType::A, 61);
    writer.u32(0xc0000201);
    writer.end_record();
    writer.begin_authority(RrType::SOA, 62);
    writer.end_record();
    writer.begin_additional(*wire::Name::parse("key"), RrType::TSIG);
    writer.u48(0x010203040506);
    writer.end_record();
    return std::move(writer).finish();
}

TEST(Message, WhatIsWrittenIsRead) {
    const Message message = sample();
    const auto header = read_header(message);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->id, 0x1234);
    EXPECT_TRUE(header->is_response());
    EXPECT_EQ(header->opcode(), wire::Opcode::Query);
    EXPECT_EQ(header->rcode(), wire::Rcode::NoError);
    const auto question = read_question(message);
    ASSERT_TRUE(question);
    EXPECT_TRUE(question->name == kZone);
    EXPECT_EQ(question->type, RrType::AXFR);

    RecordReader records(message);
    struct Row {
        RrType type;
        std::uint32_t ttl_s;
        std::size_t size;
        std::uint32_t left;
    };
    for (const Row& row :
         {Row{RrType::CNAME, 60, 1, 3}, {RrType::A, 61, 4, 2}, {RrType::SOA, 62, 0, 1}, {RrType::TSIG, 0, 6, 0}}) {
        const auto record = records.next();
        ASSERT_TRUE(record);
        EXPECT_EQ(record->type, row.type);
        EXPECT_EQ(record->ttl_s, row.ttl_s);
        EXPECT_EQ(record->size, row.size);
        EXPECT_EQ(records.left(), row.left);
        EXPECT_EQ(record->rr_class, row.type == RrType::TSIG ? 255 : 1);
    }
    EXPECT_FALSE(records.next());
    EXPECT_TRUE(records.ok());
}

TEST(Message, TheOwnerOfAnAnswerIsBelowTheNameOfTheQuestion) {
    const Message message = sample();
    RecordReader records(message);
    wire::Name owner;
    std::size_t end = 0;
    ASSERT_TRUE(owner.read(message, records.next()->start, end));
    EXPECT_EQ(owner.to_string(), "a.rpz.example");
    ASSERT_TRUE(owner.read(message, records.next()->start, end));
    EXPECT_EQ(owner.to_string(), "rpz.example");
}

TEST(Message, ARecordIsAppendedToAFinishedMessage) {
    MessageWriter writer(sample());
    writer.begin_additional(kZone, RrType::TXT);
    writer.bytes(std::string_view("abc"));
    writer.end_record();
    const Message message = std::move(writer).finish();
    EXPECT_EQ(read_header(message)->id, 0x1234);
    EXPECT_EQ(read_header(message)->answers, 2);
    EXPECT_EQ(read_header(message)->additionals, 2);
    RecordReader records(message);
    std::optional<RecordView> last;
    while (const auto record = records.next()) last = record;
    ASSERT_TRUE(records.ok() && last);
    EXPECT_EQ(last->size, 3U);
    EXPECT_EQ(last->end(), message.size());
}

TEST(Message, AQuestionIsOneAndWhole) {
    Message message = sample();
    for (std::size_t size = 0; size < wire::kHeaderSize + kZone.wire().size() + 4; ++size)
        EXPECT_FALSE(read_question(ByteView(message).first(size))) << size;
    message[5] = 2;
    EXPECT_FALSE(read_question(message));
    message[5] = 0;
    EXPECT_FALSE(read_question(message));
}

TEST(Message, AMessageThatIsCutOffIsMalformedFromThereOn) {
    const Message message = sample();
    for (std::size_t size = 0; size < message.size(); ++size) {
        RecordReader records(ByteView(message).first(size));
        int read = 0;
        while (records.next()) ++read;
        EXPECT_FALSE(records.ok()) << size;
        EXPECT_LT(read, 4) << size;
        EXPECT_FALSE(records.next()) << "and it stays so";
    }
}

TEST(Message, NoDamageIsReadBeyondTheMessage) {
    const Message whole = sample();
    std::mt19937 random(7);
    for (int i = 0; i < 20000; ++i) {
        Message torn = whole;
        for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
            torn[random() % torn.size()] = static_cast<std::uint8_t>(random());
        if (const auto question = read_question(torn)) {
            EXPECT_LE(question->end, torn.size());
        }
        RecordReader records(torn);
        while (const auto record = records.next()) {
            EXPECT_LT(record->start, record->rdata);
            EXPECT_LE(record->end(), torn.size());
        }
    }
}

}  // namespace
}  // namespace cenote::transfer
