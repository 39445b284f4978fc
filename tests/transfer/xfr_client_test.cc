// SPDX-License-Identifier: Apache-2.0
//
// A transfer from a primary on loopback that sends too much, too slowly, or what is no policy.
#include "resolver/transfer/xfr_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "resolver/transfer/zone_file.h"
#include "tests/transfer/primary_for_tests.h"

namespace cenote::transfer {
namespace {

using testing::answer;
using testing::Bytes;
using testing::framed;
using ::testing::HasSubstr;
using testing::kZone;
using testing::Primary;
using testing::record;
using testing::response;
using testing::soa_record;
using testing::transfer_from;
using wire::Rcode;
using wire::RrType;

const TsigKey kKey{*wire::Name::parse("transfer-key"), TsigAlgorithm::HmacSha256, std::vector<std::uint8_t>(32, 1)};

std::uint64_t unix_now() { return static_cast<std::uint64_t>(wall_now().time_since_epoch().count()); }

const Bytes kPolicy = record(RrType::CNAME, 1, 1);

Result<Soa> soa_from(const Primary& primary) {
    const std::atomic<bool> stop{false};
    const SecondaryZoneOptions zone{.list = "l", .zone = kZone, .primary = primary.address(), .key = {}};
    return XfrClient(zone, nullptr, {}, stop).ask_soa();
}

/// The SOA, then messages of these records for as long as the other side takes them.
Primary::Script without_end(RrType type, std::size_t size, std::uint32_t names) {
    return [=](const Bytes& query, const Primary::Send& send) {
        if (!send(answer(query, {soa_record(1)}))) return;
        for (std::uint32_t i = 0;; i += 16) {
            std::vector<Bytes> records;
            for (std::uint32_t k = 0; k < 16; ++k) records.push_back(record(type, (i + k) % names, size));
            if (!send(answer(query, records))) return;
        }
    };
}

TEST(XfrClient, WhatComesWithoutEndIsLeft) {
    const TransferLimits few{.records_max = 1000};
    const TransferLimits small{.memory_max = std::size_t{2} << 20};
    const TransferLimits brief{.received_max = std::size_t{2} << 20};
    const struct {
        const char* what;
        RrType type;
        std::size_t size;
        TransferLimits limits;
        const char* why;
    } rows[] = {
        {"policy", RrType::CNAME, 1, few, "more than 1000 records; reduce it at the primary"},
        {"long texts", RrType::TXT, 3000, small, "more than 2 MiB of memory; reduce it at the primary"},
        {"signatures, which are not kept", RrType::RRSIG, 3000, brief, "does not end within 2 MiB"},
    };
    for (const auto& row : rows) {
        const Primary primary(without_end(row.type, row.size, 1U << 20));
        const auto got = transfer_from(primary, row.limits);
        ASSERT_FALSE(got.ok()) << row.what;
        EXPECT_THAT(got.error().text, HasSubstr(row.why)) << row.what;
        EXPECT_THAT(got.error().text, HasSubstr(primary.address().to_string())) << row.what;
    }
}

TEST(XfrClient, IncrementsCountWithWhatIsThere) {
    ZoneData known{{.serial = 1, .refresh = 1, .retry = 1, .expire = 1}, {}};
    for (std::uint32_t i = 0; i < 900; ++i) {
        const Bytes made = record(RrType::CNAME, i, 1);
        known.records.push_back({std::string(made.begin(), made.begin() + 7), RrType::CNAME, std::string(1, '\0')});
    }
    std::sort(known.records.begin(), known.records.end());
    const Primary primary([](const Bytes& query, const Primary::Send& send) {
        std::vector<Bytes> records{soa_record(3), soa_record(1), soa_record(3)};
        for (std::uint32_t i = 2000; i < 2200; ++i) records.push_back(record(RrType::CNAME, i, 1));
        records.push_back(soa_record(3));
        send(answer(query, records));
    });
    const auto much = transfer_from(primary, {.records_max = 1000}, &known);
    ASSERT_FALSE(much.ok());
    EXPECT_THAT(much.error().text, HasSubstr("more than 1000 records"));
    const auto heavy = transfer_from(primary, {.memory_max = 950 * sizeof(RpzRecord)}, &known);
    ASSERT_FALSE(heavy.ok());
    EXPECT_THAT(heavy.error().text, HasSubstr("of memory"));
    const auto right = transfer_from(primary, {.records_max = 1100}, &known);
    ASSERT_TRUE(right.ok()) << right.error().text;
    EXPECT_EQ((*right)->records.size(), 1100U);
}

/// One byte of the message every few milliseconds, so that each read succeeds.
TEST(XfrClient, AMessageThatTricklesInIsLeft) {
    const Primary primary([](const Bytes& query, const Primary::Send& send) {
        const Bytes whole = answer(query, {soa_record(1), record(RrType::CNAME, 1, 4000), soa_record(1)});
        for (const std::uint8_t byte : whole) {
            if (!send({byte})) return;
            std::this_thread::sleep_for(milliseconds{5});
        }
    });
    const auto got = transfer_from(primary, {.answer = milliseconds{50}});
    ASSERT_FALSE(got.ok());
    EXPECT_THAT(got.error().text, HasSubstr("no response in time"));
}

TEST(XfrClient, WhatSignsTheZoneIsNoPolicy) {
    const Primary primary([](const Bytes& query, const Primary::Send& send) {
        send(answer(query,
                    {soa_record(1), record(RrType::CNAME, 1, 1), record(RrType::RRSIG, 1, 40),
                     record(RrType::NSEC, 1, 20), record(RrType::NS, 2, 1), record(RrType::TXT, 3, 2), soa_record(1)}));
    });
    const auto got = transfer_from(primary, {});
    ASSERT_TRUE(got.ok()) << got.error().text;
    std::vector<RrType> types;
    for (const RpzRecord& each : (*got)->records) types.push_back(each.type);
    EXPECT_THAT(types, ::testing::UnorderedElementsAre(RrType::CNAME, RrType::TXT));
    const std::string text = to_master_file(kZone, **got);
    EXPECT_TRUE(from_master_file(kZone, text));
    EXPECT_FALSE(from_master_file(kZone, text + "zzzz TYPE46 \\# 1 05\n")) << "of a version that kept them: all anew";
}

TEST(XfrClient, ResponsesThatAreNoneOfThisQuery) {
    const struct {
        const char* why;
        std::function<void(Bytes&)> damage;
    } rows[] = {
        {"not to this query", [](Bytes& message) { message[0] ^= 1; }},
        {"not to this query", [](Bytes& message) { message[2] = 0; }},
        {"shorter than a header", [](Bytes& message) { message.resize(11); }},
        {"shorter than a header", [](Bytes& message) { message.clear(); }},
        {"FORMERR", [](Bytes& message) { message[3] = static_cast<std::uint8_t>(Rcode::FormErr); }},
        {"SERVFAIL", [](Bytes& message) { message[3] = static_cast<std::uint8_t>(Rcode::ServFail); }},
        {"REFUSED", [](Bytes& message) { message[3] = static_cast<std::uint8_t>(Rcode::Refused); }},
        {"NOTAUTH", [](Bytes& message) { message[3] = static_cast<std::uint8_t>(Rcode::NotAuth); }},
        {"with an error", [](Bytes& message) { message[3] = static_cast<std::uint8_t>(Rcode::NXDomain); }},
        {"malformed", [](Bytes& message) { message.resize(message.size() - 1); }},
        {"malformed", [](Bytes& message) { message[7] = 9; }},
    };
    for (const auto& row : rows) {
        const Primary primary([&](const Bytes& query, const Primary::Send& send) {
            Bytes message = response(query, {soa_record(1), kPolicy});
            row.damage(message);
            send(framed(message));
        });
        const auto got = transfer_from(primary, {});
        ASSERT_FALSE(got.ok()) << row.why;
        EXPECT_THAT(got.error().text, HasSubstr(row.why));
    }
}

TEST(XfrClient, ATransferThatIsCutOffIsRefusedWherever) {
    std::atomic<std::size_t> sent{0}, total{1};
    const Primary primary([&](const Bytes& query, const Primary::Send& send) {
        const Bytes whole = answer(query, {soa_record(1), kPolicy, soa_record(1)});
        total = whole.size();
        if (sent > 0) send(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(sent.load())));
    });
    for (; sent < total; ++sent) ASSERT_FALSE(transfer_from(primary, {}).ok()) << sent;
    EXPECT_GT(total, 80U);
    EXPECT_TRUE(transfer_from(primary, {}).ok()) << "and whole it is taken";
}

TEST(XfrClient, TheSoaOfTheZoneAndNoOther) {
    const struct {
        const char* what;
        std::function<Bytes(const Bytes&)> reply;
        bool good;
    } rows[] = {
        {"good", [](const Bytes& query) { return response(query, {soa_record(9)}); }, true},
        {"no record", [](const Bytes& query) { return response(query, {}); }, false},
        {"another type", [](const Bytes& query) { return response(query, {record(RrType::A, 1, 4)}); }, false},
        {"another owner",
         [](const Bytes& query) {
             Bytes below{1, 'x'};
             const Bytes soa = soa_record(9);
             below.insert(below.end(), soa.begin(), soa.end());
             return response(query, {below});
         },
         false},
        {"in the authority section",
         [](const Bytes& query) {
             Bytes message = response(query, {soa_record(9)});
             message[7] = 0;
             message[9] = 1;
             return message;
         },
         false},
        {"too short",
         [](const Bytes& query) {
             Bytes soa = soa_record(9);
             soa.pop_back();
             --soa[11];
             return response(query, {soa});
         },
         false},
    };
    for (const auto& row : rows) {
        const Primary primary([&](const Bytes& query, const Primary::Send& send) { send(framed(row.reply(query))); });
        const auto got = soa_from(primary);
        EXPECT_EQ(got.ok(), row.good) << row.what;
        if (got) {
            EXPECT_EQ(got->serial, 9U);
        }
        if (!got) {
            EXPECT_THAT(got.error().text, HasSubstr("no SOA of this zone")) << row.what;
        }
    }
}

TEST(XfrClient, AnUpToDateSecondaryTransfersNothing) {
    const ZoneData known{{.serial = 5, .refresh = 1, .retry = 1, .expire = 1}, {}};
    Bytes query_seen;
    const Primary primary([&](const Bytes& query, const Primary::Send& send) {
        query_seen = query;
        send(answer(query, {soa_record(5)}));
    });
    const auto got = transfer_from(primary, {}, &known);
    ASSERT_TRUE(got.ok()) << got.error().text;
    EXPECT_FALSE(got->has_value());
    EXPECT_EQ(read_question(query_seen)->type, RrType::IXFR);
    RecordReader records(query_seen);
    const auto soa = records.next();
    ASSERT_TRUE(soa && records.header().authorities == 1);
    EXPECT_EQ(read_soa(query_seen, *soa)->serial, 5U) << "the version that it has (RFC 1995 §3)";
}

TEST(XfrClient, SignaturesOfATransfer) {
    enum class Sign : std::uint8_t { All, FirstOnly, LastOnly, None, OtherKey };
    const struct {
        Sign sign;
        const char* why;  // nullptr: good
    } rows[] = {{Sign::All, nullptr},
                {Sign::FirstOnly, "the end of the transfer is not signed"},
                {Sign::LastOnly, "BADSIG"},
                {Sign::None, "BADSIG"},
                {Sign::OtherKey, "BADKEY"}};
    for (const auto& row : rows) {
        const Primary primary([&](const Bytes& query, const Primary::Send& send) {
            TsigKey key = kKey;
            bool malformed = false;
            TsigSession session(key);
            EXPECT_EQ(session.verify_request(query, *find_tsig(query, malformed), unix_now()), TsigError::None);
            if (row.sign == Sign::OtherKey) {
                key.name = *wire::Name::parse("other-key");
                session = TsigSession(key);
            }
            const std::vector<Bytes> messages{response(query, {soa_record(1), kPolicy}),
                                              response(query, {soa_record(1)})};
            for (std::size_t i = 0; i < messages.size(); ++i) {
                Bytes message = messages[i];
                const bool is_signed = row.sign == Sign::All || row.sign == Sign::OtherKey ||
                                       (row.sign == Sign::FirstOnly && i == 0) ||
                                       (row.sign == Sign::LastOnly && i == 1);
                if (is_signed) session.sign_response(message, unix_now());
                if (!send(framed(message))) return;
            }
        });
        const auto got = transfer_from(primary, {}, nullptr, &kKey);
        EXPECT_EQ(got.ok(), row.why == nullptr) << (got.ok() ? "" : got.error().text);
        if (!got && row.why != nullptr) {
            EXPECT_THAT(got.error().text, HasSubstr(row.why));
        }
    }
}

TEST(XfrClient, APrimaryThatIsNotThere) {
    SocketAddress address;
    {
        const Primary primary([](const Bytes&, const Primary::Send&) {});
        address = primary.address();
    }
    const std::atomic<bool> stop{false};
    const SecondaryZoneOptions zone{.list = "l", .zone = kZone, .primary = address, .key = {}};
    const auto got = XfrClient(zone, nullptr, {}, stop).ask_soa();
    ASSERT_FALSE(got.ok());
    EXPECT_THAT(got.error().text, HasSubstr(address.to_string() + ": "));
}

TEST(XfrClient, AStopEndsTheWaitForASilentPrimary) {
    std::atomic<bool> stop{false};
    std::promise<void> ended;
    const Primary primary([&](const Bytes&, const Primary::Send&) {
        stop = true;
        ended.get_future().wait();  // no answer, and no end of the connection
    });
    const SecondaryZoneOptions zone{.list = "l", .zone = kZone, .primary = primary.address(), .key = {}};
    const auto got = XfrClient(zone, nullptr, {.answer = std::chrono::hours(24)}, stop).ask_soa();
    ended.set_value();
    EXPECT_FALSE(got.ok());
}

}  // namespace
}  // namespace cenote::transfer
