// SPDX-License-Identifier: Apache-2.0
//
// The response for a sinkholed name: every answer mode by query type, and the parts that must be there.
#include "tests/engine/fixture.h"

namespace cenote::engine::testing {
namespace {

using policy::AnswerMode;

struct Row {
    AnswerMode mode;
    const char* type;
    const char* rcode;   // as ldns prints it; nullptr: no reply
    const char* record;  // in the answer section, nullptr: none
    bool soa;
};

// clang-format off
constexpr Row kRows[] = {
    {AnswerMode::Nodata, "A", "NOERROR", nullptr, true},
    {AnswerMode::Nodata, "AAAA", "NOERROR", nullptr, true},
    {AnswerMode::Nodata, "HTTPS", "NOERROR", nullptr, true},
    {AnswerMode::Nodata, "ANY", "NOERROR", nullptr, true},
    {AnswerMode::Nodata, "TXT", "NOERROR", nullptr, true},
    {AnswerMode::Nodata, "TYPE4711", "NOERROR", nullptr, true},
    {AnswerMode::Nxdomain, "A", "NXDOMAIN", nullptr, true},
    {AnswerMode::Nxdomain, "AAAA", "NXDOMAIN", nullptr, true},
    {AnswerMode::Nxdomain, "HTTPS", "NXDOMAIN", nullptr, true},
    {AnswerMode::Nxdomain, "ANY", "NXDOMAIN", nullptr, true},
    {AnswerMode::Nxdomain, "TXT", "NXDOMAIN", nullptr, true},
    {AnswerMode::Nxdomain, "MX", "NXDOMAIN", nullptr, true},
    {AnswerMode::Null, "A", "NOERROR", "A\t0.0.0.0", false},
    {AnswerMode::Null, "AAAA", "NOERROR", "AAAA\t::", false},
    {AnswerMode::Null, "HTTPS", "NOERROR", nullptr, true},
    {AnswerMode::Null, "SVCB", "NOERROR", nullptr, true},
    {AnswerMode::Null, "ANY", "NOERROR", "A\t0.0.0.0", false},
    {AnswerMode::Null, "TXT", "NOERROR", "TXT\t\"cenote directive=demo-1", false},
    {AnswerMode::Null, "MX", "NOERROR", nullptr, true},
    {AnswerMode::Null, "CNAME", "NOERROR", nullptr, true},
    {AnswerMode::Null, "DNSKEY", "NOERROR", nullptr, true},
    {AnswerMode::Address, "A", "NOERROR", "A\t192.0.2.80", false},
    {AnswerMode::Address, "AAAA", "NOERROR", nullptr, true},  // none configured
    {AnswerMode::Address, "HTTPS", "NOERROR", nullptr, true},
    {AnswerMode::Address, "TXT", "NOERROR", "TXT\t\"cenote directive=demo-1", false},
    {AnswerMode::Cname, "TXT", "NOERROR", "CNAME\tblocked.agency.example.", false},
    {AnswerMode::Cname, "HTTPS", "NOERROR", "CNAME\tblocked.agency.example.", false},
    {AnswerMode::Cname, "ANY", "NOERROR", "CNAME\tblocked.agency.example.", false},
    {AnswerMode::Refused, "A", "REFUSED", nullptr, false},
    {AnswerMode::Refused, "TXT", "REFUSED", nullptr, false},
    {AnswerMode::Drop, "A", nullptr, nullptr, false},
    {AnswerMode::Drop, "HTTPS", nullptr, nullptr, false},
};
// clang-format on

class SinkholeTest : public EngineFixture {
protected:
    void restrict_deepseek(AnswerMode mode) {
        policy::Options options;
        options.node = "dns1";
        options.sinkhole.answer = mode;
        options.sinkhole.ipv4 = ip("192.0.2.80");
        options.sinkhole.cname = name("blocked.agency.example");
        options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
        in_force(options);
    }
    [[nodiscard]] bool says(std::string_view part) const { return text().find(part) != std::string::npos; }
};

TEST_F(SinkholeTest, EveryModeByType) {
    for (const Row& row : kRows) {
        SCOPED_TRACE(std::string(policy::answer_mode_to_text(row.mode)) + " " + row.type);
        restrict_deepseek(row.mode);
        const Outcome outcome = ask({.name = "www.deepseek.com", .type = row.type});
        if (row.rcode == nullptr) {
            EXPECT_EQ(Outcome::Dropped, outcome);
            continue;
        }
        ASSERT_EQ(Outcome::Answered, outcome);
        EXPECT_TRUE(says(std::string("rcode: ") + row.rcode)) << text();
        if (row.record != nullptr)
            EXPECT_TRUE(says(std::string("www.deepseek.com.\t30\tIN\t") + row.record)) << text();
        else
            EXPECT_EQ(0, load_u16(&reply.space[6])) << text();
        EXPECT_EQ(row.soa, says("\ndeepseek.com.\t30\tIN\tSOA\t")) << text();
        EXPECT_TRUE(says("EDE: 15")) << text();
        // Forged Answer only where a record stands in the place of the real one (RFC 8914 §4.5).
        EXPECT_EQ(row.record != nullptr, says("EDE: 4")) << text();
        EXPECT_EQ(0, reply.space[2] & 0x04) << "AA";
        EXPECT_EQ(0, reply.space[3] & 0x20) << "AD";
        EXPECT_NE(0, reply.space[3] & 0x80) << "RA";
    }
}

TEST_F(SinkholeTest, NegativeTtlAndMinimumAgree) {
    restrict_deepseek(AnswerMode::Nxdomain);
    ask({.name = "deepseek.com"});
    EXPECT_TRUE(says(" 3600 600 86400 30\n")) << text();
}

TEST_F(SinkholeTest, StructuredErrorTakesTheTextsPlace) {
    restrict_deepseek(AnswerMode::Null);
    ask({.name = "deepseek.com", .options = {0, 26, 0, 0}});
    const std::string bytes(reply.written().begin(), reply.written().end());
    EXPECT_NE(std::string::npos, bytes.find("{\"j\":\"DeepSeek is restricted by directive demo-1")) << text();
    EXPECT_NE(std::string::npos, bytes.find("\"s\":5")) << text();
    EXPECT_FALSE(says("EDE: 4")) << "must not be used beside a structured error\n" << text();
}

TEST_F(SinkholeTest, NoOptUnlessAsked) {
    restrict_deepseek(AnswerMode::Null);
    ask({.name = "deepseek.com", .edns = false});
    EXPECT_EQ(0, load_u16(&reply.space[10])) << text();
    EXPECT_TRUE(says("0.0.0.0")) << text();
}

TEST_F(SinkholeTest, DoAndCdDoNotOpenTheName) {
    restrict_deepseek(AnswerMode::Null);
    ask({.name = "deepseek.com", .flags = wire::kFlagRd | wire::kFlagCd | wire::kFlagAd, .dnssec_ok = true});
    EXPECT_TRUE(says("0.0.0.0")) << text();
    EXPECT_NE(0, reply.space[3] & 0x10) << "CD is copied (RFC 4035 §3.2.2)";
    EXPECT_EQ(0, reply.space[3] & 0x20) << "AD is never set";
    EXPECT_TRUE(says("flags: do")) << "DO is copied (RFC 3225 §3)\n" << text();
}

TEST_F(SinkholeTest, NodataInsteadOfNxdomainAboveAnAllowedName) {
    policy::Options options;
    options.sinkhole.answer = AnswerMode::Nxdomain;
    options.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
    options.allows.push_back(policy::testing::allow({"api.deepseek.com"}, {}));
    in_force(options);
    ask({.name = "deepseek.com"});
    EXPECT_TRUE(says("rcode: NOERROR")) << text();
    EXPECT_EQ(Outcome::Pending, ask({.name = "api.deepseek.com"}));
    EXPECT_EQ(Outcome::Pending, ask({.name = "deepseek.com", .type = "DNSKEY"}))
        << "validators need it for the open name";
    ask({.name = "www.deepseek.com"});
    EXPECT_TRUE(says("rcode: NXDOMAIN")) << text();
}

TEST_F(SinkholeTest, EverySizeIsKept) {
    restrict_deepseek(AnswerMode::Null);
    client.transport = telemetry::QueryTransport::Udp;
    for (std::uint16_t size = 0; size < 1400; size = static_cast<std::uint16_t>(size + 7)) {
        auto packet = query_bytes({.name = "deepseek.com", .type = "TXT"});
        store_u16(&packet[packet.size() - 8], size);
        ASSERT_EQ(Outcome::Answered, ask_bytes(packet));
        EXPECT_LE(reply.size, std::max<std::size_t>(512, size));
    }
}

}  // namespace
}  // namespace cenote::engine::testing
