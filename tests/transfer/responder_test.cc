// SPDX-License-Identifier: Apache-2.0
//
// Responses about primary zones: who may have what, by which messages, and what is refused how.
#include "resolver/transfer/responder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "resolver/transfer/zone_data.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using testing::ixfr_question;
using testing::kSecondary;
using testing::kZone;
using testing::question;
using testing::zones_of;
using wire::Rcode;
using wire::RrType;

constexpr std::uint64_t kNow = 1'800'000'000;
const TsigKey kKey{*wire::Name::parse("transfer-key"), TsigAlgorithm::HmacSha256, std::vector<std::uint8_t>(32, 1)};
const SocketAddress kStranger = *SocketAddress::parse("192.0.2.99:53", 53);

std::optional<Response> respond_to(const Zones& zones, const Message& message, bool stream = true,
                                   const SocketAddress& peer = kSecondary) {
    return respond(zones, {.message = message, .peer = peer, .stream = stream, .now = kNow});
}

Message first_message(const Zones& zones, const Message& message, bool stream = true,
                      const SocketAddress& peer = kSecondary) {
    auto response = respond_to(zones, message, stream, peer);
    EXPECT_TRUE(response);
    return *response->next(kNow);
}

Rcode rcode(const Zones& zones, const Message& message, bool stream = true, const SocketAddress& peer = kSecondary) {
    return read_header(first_message(zones, message, stream, peer))->rcode();
}

std::vector<RrType> types_in(const Message& message) {
    std::vector<RrType> types;
    RecordReader records(message);
    while (const auto record = records.next()) types.push_back(record->type);
    EXPECT_TRUE(records.ok());
    return types;
}

Message signed_by(const TsigKey& key, Message message, std::uint64_t now = kNow) {
    TsigSession(key).sign_request(message, now);
    return message;
}

Tsig tsig_of(const Message& message) {
    bool malformed = false;
    const auto tsig = find_tsig(message, malformed);
    EXPECT_TRUE(tsig && !malformed);
    return tsig.value_or(Tsig{});
}

TEST(Responder, AShortAnswerForEverybodyThatMayAskAboutTheZone) {
    const auto zones = zones_of(3);
    const Message soa = first_message(*zones, question(RrType::SOA), false, kStranger);
    EXPECT_EQ(read_header(soa)->flags, wire::kFlagQr | wire::kFlagAa);
    ASSERT_EQ(types_in(soa), std::vector{RrType::SOA});
    RecordReader records(soa);
    const auto read = read_soa(soa, *records.next());
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, (Soa{.serial = 7, .refresh = 300, .retry = 60, .expire = 604800}));
    EXPECT_EQ(types_in(first_message(*zones, question(RrType::NS), false, kStranger)), std::vector{RrType::NS});
}

TEST(Responder, AWholeZoneHasItsSoaAtBothEnds) {
    const Message message = first_message(*zones_of(2), question(RrType::AXFR));
    EXPECT_EQ(types_in(message), (std::vector{RrType::SOA, RrType::NS, RrType::CNAME, RrType::CNAME, RrType::SOA}));
}

TEST(Responder, ManyRecordsGoIntoMessagesThatStreamsCanCarry) {
    const auto zones = zones_of(5000);
    auto response = respond_to(*zones, question(RrType::AXFR));
    std::size_t messages = 0, records = 0;
    while (const auto message = response->next(kNow)) {
        ++messages;
        records += types_in(*message).size();
        EXPECT_LT(message->size(), 16384U + 600U);
        EXPECT_TRUE(read_question(*message)) << "the question stands in each";
    }
    EXPECT_GT(messages, 5U);
    EXPECT_EQ(records, 5003U);
    EXPECT_TRUE(response->finished());
}

TEST(Responder, WhatIsRefused) {
    const auto zones = zones_of(1);
    EXPECT_EQ(rcode(*zones, question(RrType::AXFR), true, kStranger), Rcode::Refused) << "not in notify";
    EXPECT_EQ(rcode(*zones, ixfr_question(1), true, kStranger), Rcode::Refused);
    EXPECT_EQ(rcode(*zones, question(RrType::AXFR), false), Rcode::Refused) << "AXFR over UDP (RFC 5936 §4.2)";
    EXPECT_EQ(rcode(*zones, question(RrType::A)), Rcode::Refused) << "a type that is no question about a zone";
    MessageWriter other(1, 0);
    other.question(*wire::Name::parse("other.example"), RrType::SOA);
    EXPECT_EQ(rcode(*zones, std::move(other).finish()), Rcode::Refused);
    MessageWriter update(1, static_cast<unsigned>(wire::Opcode::Update) << 11);
    update.question(kZone, RrType::SOA);
    EXPECT_EQ(rcode(*zones, std::move(update).finish()), Rcode::NotImp);
}

TEST(Responder, WhatCannotBeReadIsAFormatErrorOrNothing) {
    const auto zones = zones_of(1);
    Message two = question(RrType::AXFR);
    two[5] = 2;
    EXPECT_EQ(rcode(*zones, two), Rcode::FormErr);
    Message cut = question(RrType::AXFR);
    cut.resize(cut.size() - 1);
    const Message reply = first_message(*zones, cut);
    EXPECT_EQ(read_header(reply)->rcode(), Rcode::FormErr);
    EXPECT_EQ(reply.size(), wire::kHeaderSize) << "a question that was not read is not repeated";
    cut.resize(wire::kHeaderSize - 1);
    EXPECT_FALSE(respond_to(*zones, cut));
    Message response = question(RrType::AXFR);
    response[2] = 0x80;
    EXPECT_FALSE(respond_to(*zones, response)) << "no answer to an answer";
}

TEST(Responder, AKeyIsNeededWhereTheZoneHasKeys) {
    const auto zones = zones_of(1, {kKey});
    EXPECT_EQ(rcode(*zones, question(RrType::AXFR)), Rcode::Refused) << "the address alone does not do";
    EXPECT_EQ(rcode(*zones, signed_by(kKey, question(RrType::AXFR)), true, kStranger), Rcode::NoError);

    TsigKey known = kKey;
    known.name = *wire::Name::parse("of-another-zone");
    auto with_two = std::make_shared<Zones>(*zones);
    with_two->options.keys.push_back(known);
    EXPECT_EQ(rcode(*with_two, signed_by(known, question(RrType::AXFR))), Rcode::Refused)
        << "a good key of another zone";
}

TEST(Responder, ASignatureThatIsRefusedIsAnsweredUnsignedWithTheReason) {
    const auto zones = zones_of(1, {kKey});
    TsigKey forged = kKey, unknown = kKey;
    forged.secret[0] = 2;
    unknown.name = *wire::Name::parse("unknown");
    const struct {
        Message message;
        TsigError error;
    } rows[] = {{signed_by(forged, question(RrType::AXFR)), TsigError::BadSig},
                {signed_by(unknown, question(RrType::AXFR)), TsigError::BadKey},
                {signed_by(kKey, question(RrType::AXFR), kNow - 301), TsigError::BadTime}};
    for (const auto& row : rows) {
        const Message reply = first_message(*zones, row.message);
        EXPECT_EQ(read_header(reply)->rcode(), Rcode::NotAuth);
        const Tsig tsig = tsig_of(reply);
        EXPECT_EQ(tsig.error, static_cast<std::uint16_t>(row.error));
        EXPECT_TRUE(tsig.mac.empty());
        EXPECT_EQ(tsig.original_id, 7);
        EXPECT_TRUE(tsig.key == tsig_of(row.message).key);
        EXPECT_EQ(read_header(reply)->answers, 0) << "nothing of the zone";
    }
}

TEST(Responder, ASignatureAtTheWrongPlaceIsAFormatError) {
    const auto zones = zones_of(1, {kKey});
    MessageWriter behind(signed_by(kKey, question(RrType::AXFR)));
    behind.begin_additional(kZone, RrType::TXT);
    behind.end_record();
    EXPECT_EQ(rcode(*zones, std::move(behind).finish()), Rcode::FormErr);
}

TEST(Responder, EachMessageOfASignedTransferIsSigned) {
    const auto zones = zones_of(5000, {kKey});
    Message query = question(RrType::AXFR);
    TsigSession client(kKey);
    client.sign_request(query, kNow);
    auto response = respond_to(*zones, query);
    int messages = 0;
    while (const auto message = response->next(kNow)) {
        ++messages;
        EXPECT_EQ(client.verify_response(*message, kNow), TsigError::None);
        EXPECT_TRUE(client.complete());
    }
    EXPECT_GT(messages, 5);
}

TEST(Responder, ASecondaryThatIsUpToDateGetsTheSoaAlone) {
    const auto zones = zones_of(3);
    EXPECT_EQ(types_in(first_message(*zones, ixfr_question(7))), std::vector{RrType::SOA});
    EXPECT_EQ(types_in(first_message(*zones, ixfr_question(8))), std::vector{RrType::SOA}) << "it is ahead of us";
    EXPECT_EQ(types_in(first_message(*zones, ixfr_question(1), false)), std::vector{RrType::SOA}) << "over UDP";
}

TEST(Responder, AnIxfrThatCannotBeReadGetsTheWholeZone) {
    const auto zones = zones_of(1);
    const std::vector whole{RrType::SOA, RrType::NS, RrType::CNAME, RrType::SOA};
    EXPECT_EQ(types_in(first_message(*zones, question(RrType::IXFR))), whole) << "without an SOA";
    Message cut = ixfr_question(7);
    cut.resize(cut.size() - 1);
    EXPECT_EQ(types_in(first_message(*zones, cut)), whole);
    Message of_type_a = ixfr_question(7);
    of_type_a[question(RrType::IXFR).size() + 3] = 1;
    EXPECT_EQ(types_in(first_message(*zones, of_type_a)), whole);
    EXPECT_EQ(types_in(first_message(*zones, ixfr_question(5))), whole) << "a serial without a difference from it";
}

TEST(Responder, AnErrorTakesThePlaceOfATransfer) {
    const auto zones = zones_of(5000);
    auto response = respond_to(*zones, question(RrType::AXFR));
    EXPECT_TRUE(response->is_transfer());
    response->refuse(Rcode::ServFail);
    const auto message = response->next(kNow);
    ASSERT_TRUE(message);
    EXPECT_EQ(read_header(*message)->rcode(), Rcode::ServFail);
    EXPECT_EQ(read_header(*message)->answers, 0);
    EXPECT_FALSE(response->next(kNow));
}

/// A message without its id, which TSIG does not cover, and with the letters of names folded.
Message covered_by_tsig(Message message) {
    message.erase(message.begin(), message.begin() + 2);
    std::transform(message.begin(), message.end(), message.begin(), [](std::uint8_t byte) {
        return static_cast<std::uint8_t>(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte);
    });
    return message;
}

/// A damaged query gets a response that can be read, and no record of a zone that needs a key.
TEST(Responder, DamagedQueriesAreAnsweredWithoutTheZone) {
    const auto zones = zones_of(20, {kKey});
    std::mt19937 random(3);
    for (const Message& whole : {signed_by(kKey, question(RrType::AXFR)), ixfr_question(6), question(RrType::SOA)}) {
        for (int i = 0; i < 5000; ++i) {
            Message torn = whole;
            for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
                torn[random() % torn.size()] = static_cast<std::uint8_t>(random());
            torn.resize(torn.size() - (random() % 3 == 0 ? random() % torn.size() : 0));
            auto response = respond_to(*zones, torn);
            if (!response) continue;
            while (const auto message = response->next(kNow)) {
                const auto header = read_header(*message);
                ASSERT_TRUE(header && header->is_response());
                EXPECT_EQ(header->id, load_u16(torn.data()));
                const auto types = types_in(*message);
                if (std::count(types.begin(), types.end(), RrType::CNAME) > 0) {
                    EXPECT_EQ(covered_by_tsig(torn), covered_by_tsig(whole));
                }
            }
        }
    }
}

}  // namespace
}  // namespace cenote::transfer
