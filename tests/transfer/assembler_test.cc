// SPDX-License-Identifier: Apache-2.0
//
// A zone out of the messages of a transfer: what a primary may send, and what of it is refused.
#include "resolver/transfer/assembler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "resolver/transfer/responder.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer {
namespace {

using ::testing::HasSubstr;
using testing::ixfr_question;
using testing::kSecondary;
using testing::kZone;
using testing::question;
using testing::record_of;
using testing::version_of;
using wire::RrType;

/// One record of a scripted transfer: an SOA with a serial, or a CNAME of a label.
struct Sent {
    std::uint32_t serial = 0;
    std::string label;  // empty: an SOA
};
Sent soa(std::uint32_t serial) { return {.serial = serial, .label = {}}; }
Sent name(std::string label) { return {.serial = 0, .label = std::move(label)}; }

void write(const Sent& sent, MessageWriter& writer) {
    if (!sent.label.empty()) {
        writer.begin_answer(record_of(sent.label).owner, RrType::CNAME, 60);
        writer.name(wire::Name());
    } else {
        writer.begin_answer({}, RrType::SOA, 60);
        writer.name(wire::Name());
        writer.name(wire::Name());
        for (const std::uint32_t number : {sent.serial, 1U, 1U, 1U, 1U}) writer.u32(number);
    }
    writer.end_record();
}

Message message_of(const std::vector<Sent>& all) {
    MessageWriter writer(7, wire::kFlagQr | wire::kFlagAa);
    writer.question(kZone, RrType::IXFR);
    for (const Sent& sent : all) write(sent, writer);
    return std::move(writer).finish();
}

ZoneData zone(std::uint32_t serial, const std::vector<std::string>& labels) {
    ZoneData data{{.serial = serial, .refresh = 1, .retry = 1, .expire = 1}, {}};
    for (const std::string& label : labels) data.records.push_back(record_of(label));
    std::sort(data.records.begin(), data.records.end());
    return data;
}

/// The error of a transfer of these records, one a message; empty: it is whole.
std::string refusal(const std::vector<Sent>& all, const ZoneData* known, ZoneData* made = nullptr) {
    Assembler assembler(kZone, known, {});
    for (const Sent& sent : all)
        if (auto added = assembler.add(message_of({sent})); !added) return added.error().text;
    auto data = std::move(assembler).finish();
    if (!data) return data.error().text;
    if (made != nullptr && *data) *made = **data;
    return {};
}

TEST(Assembler, IncrementsAreAppliedInTheirOrder) {
    const ZoneData known = zone(1, {"a", "b"});
    ZoneData made;
    EXPECT_EQ(refusal({soa(3), soa(1), name("a"), soa(2), name("c"), soa(2), name("c"), soa(3), name("d"), soa(3)},
                      &known, &made),
              "");
    EXPECT_EQ(made.records, zone(3, {"b", "d"}).records);
    EXPECT_EQ(made.soa.serial, 3U);
}

TEST(Assembler, AWholeZoneAnswersARequestForIncrementsToo) {
    const ZoneData known = zone(1, {"a"});
    ZoneData made;
    EXPECT_EQ(refusal({soa(2), name("z"), name("y"), name("z"), soa(2)}, &known, &made), "");
    EXPECT_EQ(made.records, zone(2, {"y", "z"}).records) << "ascending, each once";
}

TEST(Assembler, AnEmptyZoneIsAZone) {
    ZoneData made = zone(9, {"x"});
    EXPECT_EQ(refusal({soa(1), soa(1)}, nullptr, &made), "");
    EXPECT_TRUE(made.records.empty());
}

TEST(Assembler, TheSoaAloneIsUpToDate) {
    const ZoneData known = zone(5, {"a"});
    Assembler assembler(kZone, &known, {});
    ASSERT_TRUE(assembler.add(message_of({soa(5)})).ok());
    ASSERT_TRUE(assembler.complete());
    const auto made = std::move(assembler).finish();
    ASSERT_TRUE(made.ok());
    EXPECT_FALSE(made->has_value());
}

TEST(Assembler, TransfersThatDoNotHoldTogetherAreRefused) {
    const ZoneData known = zone(1, {"a"});
    const struct {
        std::vector<Sent> all;
        const char* why;
    } rows[] = {
        {{name("a")}, "does not begin with its SOA"},
        {{soa(2), name("a")}, "the SOA at the end is missing"},
        {{soa(2), name("a"), soa(3)}, "not the one at the beginning"},
        {{soa(2), name("a"), soa(2), name("b")}, "after the end"},
        {{soa(2), name("a"), soa(2), soa(2)}, "after the end"},
        {{soa(0)}, "went back from 1 to 0"},
        {{soa(3), soa(2), soa(3), soa(3)}, "begin at serial 2, which is not the known one"},
        {{soa(3), soa(1), name("b"), soa(3), soa(3)}, "remove what is not there"},
        {{soa(3), soa(1), soa(2), soa(4)}, "do not follow each other"},
        {{soa(3), soa(1), soa(2)}, "the SOA at the end is missing"},
        {{}, "the SOA at the end is missing"},
    };
    for (const auto& row : rows) EXPECT_THAT(refusal(row.all, &known), HasSubstr(row.why));
}

TEST(Assembler, RecordsOfOtherZonesAndClassesAreRefused) {
    MessageWriter foreign(7, wire::kFlagQr);
    foreign.question(*wire::Name::parse("other.example"), RrType::AXFR);
    write(soa(1), foreign);
    Assembler assembler(kZone, nullptr, {});
    EXPECT_THAT(assembler.add(std::move(foreign).finish()).error().text, HasSubstr("not in the zone"));
    Message chaos = message_of({soa(1)});
    chaos[question(RrType::AXFR).size() + 5] = 3;
    Assembler other(kZone, nullptr, {});
    EXPECT_THAT(other.add(chaos).error().text, HasSubstr("not in the zone"));
}

TEST(Assembler, MessagesThatAreCutOffAreRefused) {
    const Message whole = message_of({soa(1), name("a"), name("b"), soa(1)});
    for (std::size_t size = 0; size < whole.size(); ++size) {
        Assembler assembler(kZone, nullptr, {});
        EXPECT_FALSE(assembler.add(ByteView(whole).first(size)).ok()) << size;
    }
}

TEST(Assembler, AddressesHaveTheirSize) {
    const auto answer_with = [](RrType type, std::size_t size) {
        MessageWriter writer(7, wire::kFlagQr);
        writer.question(kZone, RrType::AXFR);
        write(soa(1), writer);
        writer.begin_answer("\1a", type, 60);
        writer.bytes(std::string(size, '\1'));
        writer.end_record();
        return std::move(writer).finish();
    };
    for (const auto& [type, right] : {std::pair{RrType::A, std::size_t{4}}, {RrType::AAAA, std::size_t{16}}})
        for (std::size_t size = 0; size < 20; ++size) {
            Assembler assembler(kZone, nullptr, {});
            EXPECT_EQ(assembler.add(answer_with(type, size)).ok(), size == right) << size;
        }
}

std::vector<RpzRecord> some(std::mt19937& random) {
    std::vector<RpzRecord> records;
    for (int i = 0; i < 40; ++i)
        if (random() % 2 == 0) records.push_back(record_of("n" + std::to_string(i)));
    std::sort(records.begin(), records.end());
    return records;
}

/// Damage leads to a refusal or to a zone, whatever it hits.
TEST(Assembler, DamagedMessagesAreRefusedOrMakeAZone) {
    Zones zones;
    std::mt19937 random(5);
    zones.versions = {next_version(nullptr, version_of(1, some(random)))};
    const Message asked = question(RrType::AXFR);
    const Message whole = *respond(zones, {.message = asked, .peer = kSecondary, .stream = true, .now = 0})->next(0);
    for (int i = 0; i < 20000; ++i) {
        auto torn = whole;
        for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
            torn[wire::kHeaderSize + random() % (torn.size() - wire::kHeaderSize)] =
                static_cast<std::uint8_t>(random());
        Assembler assembler(kZone, nullptr, {});
        if (!assembler.add(torn).ok() || !assembler.complete()) continue;
        EXPECT_TRUE(std::move(assembler).finish().ok());
    }
}

/// What a secondary makes of the response of a primary; `known` nullptr: of a whole zone.
Result<std::optional<ZoneData>> transferred(const Zones& zones, const ZoneData* known) {
    Assembler assembler(kZone, known, {});
    const Message message = known != nullptr ? ixfr_question(known->soa.serial) : question(RrType::AXFR);
    auto response = respond(zones, {.message = message, .peer = kSecondary, .stream = true, .now = 0});
    while (const auto reply = response->next(0))
        if (auto added = assembler.add(*reply); !added) return added.error();
    return std::move(assembler).finish();
}

TEST(Assembler, ASecondaryFollowsEveryStepOfItsPrimary) {
    std::mt19937 random(3);
    Zones zones;
    std::shared_ptr<const ZoneVersion> version;
    std::vector<ZoneData> secondaries;                                  // each got the zone at another time
    for (std::uint32_t serial = 4294967290U; serial != 20; ++serial) {  // over the end of the numbers (RFC 1982)
        const auto made = next_version(version.get(), version_of(serial, some(random)));
        if (made == nullptr) continue;
        version = made;
        zones.versions = {version};
        for (ZoneData& secondary : secondaries) {
            auto got = transferred(zones, &secondary);
            ASSERT_TRUE(got.ok() && got->has_value());
            secondary = std::move(**got);
            ASSERT_EQ(secondary.records, *version->records);
            ASSERT_EQ(secondary.soa.serial, version->serial);
        }
        if (random() % 3 == 0) {
            auto whole = transferred(zones, nullptr);
            ASSERT_TRUE(whole.ok() && whole->has_value());
            secondaries.push_back(std::move(**whole));
            EXPECT_FALSE(transferred(zones, &secondaries.back())->has_value()) << "up to date";
        }
    }
    ASSERT_GT(secondaries.size(), 3U);
    ZoneData stale = secondaries.front();
    stale.soa.serial -= 1000;
    const auto whole = transferred(zones, &stale);
    ASSERT_TRUE(whole.ok()) << "a serial without a difference from it gets the whole zone";
    EXPECT_EQ((*whole)->records, *version->records);
}

TEST(PrimaryZone, StepsThatOutweighTheZoneAreForgotten) {
    std::vector<RpzRecord> many;
    for (int i = 0; i < 900; ++i) many.push_back(record_of("n" + std::to_string(1000 + i)));
    auto version = next_version(nullptr, version_of(1, {}));
    for (std::uint32_t serial = 2; serial < 12; ++serial) {
        version = next_version(version.get(), version_of(serial, serial % 2 == 0 ? many : std::vector<RpzRecord>{}));
        ASSERT_NE(version, nullptr);
        EXPECT_LE(version->differences.size(), 1U) << "two differences of 900 records are more than the zone";
    }
    EXPECT_EQ(version->differences.back()->to, 11U);
    auto other = version_of(12, {});
    other.ttl_s = 60;
    EXPECT_TRUE(next_version(version.get(), other)->differences.empty())
        << "a difference cannot change every record's TTL";
    EXPECT_EQ(next_version(version.get(), version_of(12, {})), nullptr) << "nothing changed";
}

}  // namespace
}  // namespace cenote::transfer
