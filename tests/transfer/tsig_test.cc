// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/tsig.h"

#include <gtest/gtest.h>

#include <ldns/ldns.h>

#include <functional>

#include "resolver/base/digest.h"
#include "resolver/wire/types.h"

namespace cenote::transfer {
namespace {

constexpr std::uint64_t kNow = 1'800'000'000;
constexpr const char* kSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

TsigKey key(TsigAlgorithm algorithm, const char* secret) {
    return {*wire::Name::parse("transfer-key"), algorithm, *from_base64(secret)};
}

std::vector<std::uint8_t> query() {
    std::vector<std::uint8_t> message{0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    const auto name = wire::Name::parse("rpz.example");
    message.insert(message.end(), name->wire().begin(), name->wire().end());
    message.insert(message.end(), {0, 252, 0, 1});
    return message;
}

Tsig found(ByteView message) {
    bool malformed = true;
    const auto tsig = find_tsig(message, malformed);
    EXPECT_FALSE(malformed);
    EXPECT_TRUE(tsig.has_value());
    return tsig.value_or(Tsig{});
}

TEST(Tsig, LdnsTakesWhatWeSign) {
    for (const auto algorithm : {TsigAlgorithm::HmacSha1, TsigAlgorithm::HmacSha256, TsigAlgorithm::HmacSha512}) {
        auto message = query();
        TsigSession session(key(algorithm, kSecret));
        session.sign_request(message, kNow);
        ldns_pkt* packet = nullptr;
        ASSERT_EQ(ldns_wire2pkt(&packet, message.data(), message.size()), LDNS_STATUS_OK);
        EXPECT_TRUE(ldns_pkt_tsig_verify(packet, message.data(), message.size(), "transfer-key.", kSecret, nullptr));
        ldns_pkt_free(packet);
    }
}

TEST(Tsig, AConversation) {
    const TsigKey shared = key(TsigAlgorithm::HmacSha256, kSecret);
    TsigSession client(shared), server(shared);
    auto request = query();
    client.sign_request(request, kNow);
    ASSERT_EQ(server.verify_request(request, found(request), kNow + 5), TsigError::None);
    // Signed, unsigned, unsigned, signed (RFC 8945 §5.3.1).
    auto first = query();
    server.sign_response(first, kNow + 6);
    EXPECT_EQ(client.verify_response(first, kNow + 6), TsigError::None);
    EXPECT_TRUE(client.complete());
    auto last = query();
    server.sign_response(last, kNow + 7);
    auto altered = last;
    altered[13] ^= 1;
    TsigSession other = client;
    EXPECT_EQ(other.verify_response(altered, kNow + 7), TsigError::BadSig);
    EXPECT_EQ(client.verify_response(last, kNow + 7), TsigError::None);
    EXPECT_EQ(client.verify_response(query(), kNow + 7), TsigError::None);
    EXPECT_FALSE(client.complete()) << "the end is not vouched for";
    EXPECT_EQ(client.verify_response(last, kNow + 7), TsigError::BadSig) << "one that was seen before";
}

TEST(Tsig, WhatIsWrongIsNamed) {
    const TsigKey shared = key(TsigAlgorithm::HmacSha256, kSecret);
    auto request = query();
    TsigSession(shared).sign_request(request, kNow);
    EXPECT_EQ(TsigSession(shared).verify_request(request, found(request), kNow + 301), TsigError::BadTime);
    EXPECT_EQ(TsigSession(shared).verify_request(request, found(request), kNow - 301), TsigError::BadTime);
    EXPECT_EQ(TsigSession(key(TsigAlgorithm::HmacSha512, kSecret)).verify_request(request, found(request), kNow),
              TsigError::BadKey);
    EXPECT_EQ(TsigSession(key(TsigAlgorithm::HmacSha256, "YW5vdGhlcg==")).verify_request(request, found(request), kNow),
              TsigError::BadSig);
    EXPECT_EQ(TsigSession(shared).verify_response(query(), kNow), TsigError::BadSig) << "an unsigned answer";
    for (std::size_t i = 2; i < request.size(); ++i) {  // the id may be another on the way (RFC 8945 §4.2)
        auto altered = request;
        altered[i] ^= 0x40;
        bool malformed = false;
        const auto tsig = find_tsig(altered, malformed);
        if (!tsig) continue;
        EXPECT_NE(TsigSession(shared).verify_request(altered, *tsig, kNow), TsigError::None) << "byte " << i;
    }
    for (std::size_t size = 0; size < request.size(); ++size) {
        bool malformed = false;
        EXPECT_FALSE(find_tsig(ByteView(request).first(size), malformed).has_value()) << size;
    }
}

TEST(Tsig, RecordsThatAreMalformed) {
    auto request = query();
    TsigSession(key(TsigAlgorithm::HmacSha256, kSecret)).sign_request(request, kNow);
    const std::size_t start = found(request).start;
    const std::size_t type = start + wire::Name::parse("transfer-key")->wire().size();
    const auto is_malformed = [](const Message& message) {
        bool malformed = false;
        return !find_tsig(message, malformed) && malformed;
    };
    const struct {
        const char* what;
        std::function<void(Message&)> damage;
    } rows[] = {
        {"class IN", [&](Message& message) { message[type + 3] = 1; }},
        {"a TTL", [&](Message& message) { message[type + 7] = 1; }},
        {"RDATA that is too long for its fields",
         [&](Message& message) {
             message.push_back(0);
             ++message[type + 9];
         }},
        {"a MAC that is longer than the RDATA", [&](Message& message) { message[type + 10 + 13 + 9] = 200; }},
        {"outside the additional section",
         [](Message& message) {
             message[11] = 0;
             message[7] = 1;
         }},
        {"not the last record",
         [](Message& message) {
             MessageWriter more(std::move(message));
             more.begin_additional(wire::Name(), wire::RrType::TXT);
             more.end_record();
             message = std::move(more).finish();
         }},
    };
    EXPECT_FALSE(is_malformed(request));
    for (const auto& row : rows) {
        Message damaged = request;
        row.damage(damaged);
        EXPECT_TRUE(is_malformed(damaged)) << row.what;
        EXPECT_EQ(TsigSession(key(TsigAlgorithm::HmacSha256, kSecret)).verify_response(damaged, kNow),
                  TsigError::FormErr)
            << row.what;
    }
}

TEST(Tsig, TruncatedMacsAreRefused) {
    const TsigKey shared = key(TsigAlgorithm::HmacSha256, kSecret);
    auto request = query();
    TsigSession(shared).sign_request(request, kNow);
    const Tsig whole = found(request);
    for (std::size_t size = 0; size < whole.mac.size(); ++size) {
        Tsig cut = whole;
        cut.mac = whole.mac.first(size);
        Message bare(request.begin(), request.begin() + static_cast<std::ptrdiff_t>(whole.start));
        store_u16(&bare[10], 0);
        const Message message = append_tsig(bare, cut);
        EXPECT_EQ(TsigSession(shared).verify_request(message, found(message), kNow), TsigError::BadSig) << size;
    }
}

TEST(Tsig, NoMoreThanNinetyNineMessagesAreUnsigned) {
    const TsigKey shared = key(TsigAlgorithm::HmacSha256, kSecret);
    TsigSession client(shared), server(shared);
    auto request = query();
    client.sign_request(request, kNow);
    ASSERT_EQ(server.verify_request(request, found(request), kNow), TsigError::None);
    auto first = query();
    server.sign_response(first, kNow);
    ASSERT_EQ(client.verify_response(first, kNow), TsigError::None);
    for (int i = 0; i < 99; ++i) ASSERT_EQ(client.verify_response(query(), kNow), TsigError::None) << i;
    EXPECT_EQ(client.verify_response(query(), kNow), TsigError::BadSig) << "RFC 8945 §5.3.1";
}

TEST(Tsig, TheErrorOfTheOtherSideIsTheResult) {
    const TsigKey shared = key(TsigAlgorithm::HmacSha256, kSecret);
    TsigSession client(shared);
    auto request = query();
    client.sign_request(request, kNow);
    Tsig refused = found(request);
    refused.mac = {};
    for (const auto error : {TsigError::BadKey, TsigError::BadSig, TsigError::BadTime}) {
        refused.error = static_cast<std::uint16_t>(error);
        TsigSession session = client;
        EXPECT_EQ(session.verify_response(append_tsig(query(), refused), kNow), error);
    }
}

}  // namespace
}  // namespace cenote::transfer
