// SPDX-License-Identifier: Apache-2.0
//
// From a policy to a zone, from one version to the next, and from messages back to a zone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "resolver/transfer/incoming.h"
#include "resolver/transfer/responder.h"
#include "tests/policy/fixture.h"

namespace cenote::transfer {
namespace {

using policy::Step;
using wire::RrType;
using namespace std::string_literals;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

const wire::Name kZone = *wire::Name::parse("rpz.example");

std::vector<std::string> texts(const policy::Options& options, const std::string& group) {
    const auto policy = policy::testing::build(options, policy::testing::kNow);
    const auto of = policy_of_group(*policy, group, policy::testing::kNow);
    EXPECT_TRUE(of.ok());
    std::vector<std::string> lines;
    for (const RpzRecord& record : rpz_records(*of)) lines.push_back(to_text(record));
    return lines;
}

TEST(RpzZone, SaysWhatAPolicyCloses) {
    policy::Options options;
    options.groups = {policy::testing::group("lab", {"10.1.0.0/16"})};
    options.directives = {
        policy::testing::directive("d1", Step::Restrict, {"service:deepseek", "address:192.0.2.0/24"}),
        policy::testing::directive("d2", Step::Restrict, {"list:extra"}),
        policy::testing::directive("d3", Step::Block, {"domain:only.lab"})};
    options.directives[1].answer = policy::AnswerMode::Nxdomain;
    options.directives[2].groups = {"lab"};
    options.allows = {policy::testing::allow({"open.deepseek.com"}, {})};
    const auto everyone = texts(options, "everyone");
    EXPECT_THAT(everyone, IsSupersetOf({"deepseek.com CNAME *.", "*.deepseek.com CNAME *.", "bad.example CNAME .",
                                        "*.bad.example CNAME .", "good.bad.example CNAME rpz-passthru.",
                                        "*.good.bad.example CNAME rpz-passthru.",
                                        "open.deepseek.com CNAME rpz-passthru.", "24.0.2.0.192.rpz-ip CNAME *."}));
    EXPECT_THAT(everyone, Not(Contains(HasSubstr("only.lab"))));
    EXPECT_THAT(everyone, Not(Contains(HasSubstr("openai"))));
    EXPECT_THAT(texts(options, "lab"), Contains("only.lab CNAME *."));
    EXPECT_FALSE(
        policy_of_group(*policy::testing::build(options, policy::testing::kNow), "nobody", policy::testing::kNow).ok());
}

RpzRecord record(const std::string& label) {
    return {std::string(1, static_cast<char>(label.size())) + label, wire::RrType::CNAME, std::string(1, '\0')};
}

std::vector<RpzRecord> some(std::mt19937& random) {
    std::vector<RpzRecord> records;
    for (int i = 0; i < 40; ++i)
        if (random() % 2 == 0) records.push_back(record("n" + std::to_string(i)));
    std::sort(records.begin(), records.end());
    return records;
}

std::vector<std::uint8_t> question(std::uint16_t type, std::optional<std::uint32_t> serial) {
    std::vector<std::uint8_t> message{0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
    message.insert(message.end(), kZone.wire().begin(), kZone.wire().end());
    for (const std::uint8_t byte :
         {static_cast<std::uint8_t>(type >> 8), static_cast<std::uint8_t>(type), std::uint8_t{0}, std::uint8_t{1}})
        message.push_back(byte);
    if (!serial) return message;
    message[9] = 1;
    message.insert(message.end(), {0xc0, 0x0c, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0});
    const std::size_t at = message.size();
    message.insert(message.end(), 20, 0);
    store_u32(&message[at], *serial);
    return message;
}

/// What a secondary makes of our answer.
Result<std::optional<ZoneData>> transferred(const Zones& zones, const ZoneData* known) {
    Assembler assembler(kZone, known, {});
    const auto message = known != nullptr ? question(251, known->soa.serial) : question(252, std::nullopt);
    auto response = respond(
        zones, {.message = message, .peer = *SocketAddress::parse("192.0.2.9:53", 53), .stream = true, .now = 0});
    while (const auto reply = response->next(0))
        if (auto added = assembler.add(*reply); !added) return added.error();
    return std::move(assembler).finish();
}

TEST(Transfer, ASecondaryFollowsEveryStep) {
    std::mt19937 random(3);
    Zones zones;
    std::shared_ptr<const ZoneVersion> version;
    std::vector<ZoneData> secondaries;  // each got the zone at another time
    ServedZone of{
        .zone = kZone, .group = "everyone", .keys = {}, .notify = {*SocketAddress::parse("192.0.2.9:53", 53)}};
    for (std::uint32_t serial = 4294967290U; serial != 20; ++serial) {  // over the end of the numbers (RFC 1982)
        ZoneVersion next{.of = of,
                         .node = "dns1",
                         .ttl_s = 30,
                         .serial = serial,
                         .records = std::make_shared<const std::vector<RpzRecord>>(some(random)),
                         .steps = {}};
        const auto made = next_version(version.get(), std::move(next));
        if (made == nullptr) continue;
        version = made;
        zones.versions = {version};
        for (ZoneData& secondary : secondaries) {
            auto got = transferred(zones, &secondary);
            ASSERT_TRUE(got.ok() && got->has_value()) << got.error().text;
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
    ASSERT_TRUE(whole.ok()) << "a serial that is not known gets the whole";
    EXPECT_EQ((*whole)->records, *version->records);
}

TEST(Transfer, WhoMayNot) {
    Zones zones;
    ZoneVersion version{.of = {.zone = kZone, .group = "everyone", .keys = {}, .notify = {}},
                        .node = "dns1",
                        .ttl_s = 30,
                        .serial = 1,
                        .records = std::make_shared<const std::vector<RpzRecord>>(),
                        .steps = {}};
    zones.versions = {next_version(nullptr, version)};
    const auto rcode = [&](const std::vector<std::uint8_t>& message, bool stream) {
        auto response = respond(
            zones, {.message = message, .peer = *SocketAddress::parse("192.0.2.9:53", 53), .stream = stream, .now = 0});
        return response ? (*response->next(0))[3] & 0xf : -1;
    };
    EXPECT_EQ(rcode(question(252, std::nullopt), true), 5) << "an address that is not in notify";
    EXPECT_EQ(rcode(question(6, std::nullopt), true), 0);
    EXPECT_EQ(rcode(question(252, std::nullopt), false), 5) << "AXFR over UDP";
    auto broken = question(252, std::nullopt);
    broken[5] = 2;
    EXPECT_EQ(rcode(broken, true), 1);
    broken.resize(11);
    EXPECT_EQ(rcode(broken, true), -1);
}

TEST(Transfer, AMasterFileIsReadBack) {
    const auto wire = [](std::string_view text) {
        const auto name = *wire::Name::parse(text);
        return std::string(reinterpret_cast<const char*>(name.wire().data()), name.wire().size() - 1);
    };
    const std::string root(1, '\0');
    ZoneData data{{7, 3600, 60, 86400},
                  {{wire("*.bad.example"), RrType::CNAME, root},
                   {wire("bad.example"), RrType::A, "\xc0\x00\x02\x01"s},
                   {wire("bad.example"), RrType::AAAA, std::string(15, '\0') + "\1"},
                   {wire("bad.example"), RrType::TXT, "\5hello"},
                   {wire("empty.example"), RrType::TXT, ""},
                   {wire("od\\032d\\.label.example"), RrType::CNAME, wire("rpz-passthru") + root}}};
    std::sort(data.records.begin(), data.records.end());
    const std::string text = to_master_file(kZone, data);
    const auto read = from_master_file(kZone, text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->soa, data.soa);
    EXPECT_EQ(read->records, data.records);
    EXPECT_EQ(to_master_file(kZone, *read), text);
    EXPECT_FALSE(from_master_file(*wire::Name::parse("other.example"), text));
    for (std::size_t size = 0; size < text.size(); ++size) {  // what a full disk may leave
        const auto cut = from_master_file(kZone, text.substr(0, size));
        EXPECT_TRUE(!cut || text[size - 1] == '\n') << size;
    }
    for (const char* line : {"x CNAME", "x A 2001:db8::1", "x AAAA 192.0.2.1", "x TYPE16 \\# 2 05", "x TYPE16 \\# 1 zz",
                             "x MX 1", "x CNAME . more", " CNAME .", "", "a CNAME ."})
        EXPECT_FALSE(from_master_file(kZone, text + line + "\n")) << line;
}

TEST(Transfer, AddressesHaveTheirSize) {
    const auto answer_with_a = [](RrType type, std::size_t size) {
        auto message = question(252, std::nullopt);
        message[7] = 2;
        message.insert(message.end(), {0xc0, 0x0c, 0, 6, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0});
        message.insert(message.end(), 20, 1);
        message.insert(message.end(), {1, 'a', 0xc0, 0x0c, 0, static_cast<std::uint8_t>(type), 0, 1, 0, 0, 0, 0, 0,
                                       static_cast<std::uint8_t>(size)});
        message.insert(message.end(), size, 1);
        return message;
    };
    for (const auto& [type, right] : {std::pair{RrType::A, std::size_t{4}}, {RrType::AAAA, std::size_t{16}}}) {
        for (std::size_t size = 0; size < 20; ++size) {
            Assembler assembler(kZone, nullptr, {});
            EXPECT_EQ(assembler.add(answer_with_a(type, size)).ok(), size == right) << size;
        }
    }
}

/// Whatever comes, an Assembler refuses it or makes a zone of it, and never more than the limit.
TEST(Transfer, TornMessagesAreRefused) {
    Zones zones;
    std::mt19937 random(5);
    ServedZone of{
        .zone = kZone, .group = "everyone", .keys = {}, .notify = {*SocketAddress::parse("192.0.2.9:53", 53)}};
    zones.versions = {next_version(nullptr, {.of = of,
                                             .node = "dns1",
                                             .ttl_s = 30,
                                             .serial = 1,
                                             .records = std::make_shared<const std::vector<RpzRecord>>(some(random)),
                                             .steps = {}})};
    const auto asked = question(252, std::nullopt);
    const std::vector<std::uint8_t> whole =
        *respond(zones, {.message = asked, .peer = of.notify[0], .stream = true, .now = 0})->next(0);
    for (std::size_t size = wire::kHeaderSize; size < whole.size(); ++size) {
        Assembler assembler(kZone, nullptr, {});
        EXPECT_FALSE(assembler.add(ByteView(whole).first(size)).ok()) << size;
    }
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

}  // namespace
}  // namespace cenote::transfer
