// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/scrub_fixture.h"

namespace cenote::wire {
namespace {

using test::Bytes;
using test::join;
using test::kAddress;
using test::kOther;
using test::option;
using test::Packet;
using test::rrsig_rdata;
using test::soa_rdata;
using test::wire_name;

class ScrubTest : public test::ScrubFixture {};

TEST_F(ScrubTest, KeepsAPlainAnswer) {
    ask("www.example", RrType::A);
    expect_kept(answer(2).pointer(12).record(RrType::A, 300, kAddress).pointer(12).record(RrType::A, 200, kOther));
    EXPECT_FALSE(shape_.negative);
    EXPECT_FALSE(shape_.has_edns);
    EXPECT_EQ(shape_.rcode, Rcode::NoError);
    EXPECT_EQ(shape_.ttl_s, 200U);
    EXPECT_EQ(shape_.link_count, 0);
}

TEST_F(ScrubTest, FoldsTheQuestion) {
    ask("www.example", RrType::A);
    const Packet mixed = Packet().header(1, 0x8180, 1, 1, 0, 0).question("wWw.eXample", RrType::A, RrClass::IN);
    expect_scrubbed(Packet(mixed).pointer(12).record(RrType::A, 1, kAddress),
                    answer(1).pointer(12).record(RrType::A, 1, kAddress));
}

TEST_F(ScrubTest, FlagsAreReducedToWhatIsTrueHere) {
    ask("www.example", RrType::A);
    ASSERT_EQ(scrub(answer(1, 0, 0, 0x85f0).pointer(12).record(RrType::A, 1, kAddress)), AnswerStatus::Ok);
    EXPECT_EQ(load_u16(&out_[2]), 0x80a0) << "QR RA AD; neither AA nor Z nor CD";
    EXPECT_TRUE(shape_.authenticated);
}

TEST_F(ScrubTest, TakesTheOptAwayAndReadsIt) {
    ask("www.example", RrType::A);
    const Bytes options = join({option(3, {9}), option(15, {0, 17, 'x'}), option(15, {0, 15})});
    expect_scrubbed(answer(1, 0, 1).pointer(12).record(RrType::A, 1, kAddress).opt(options),
                    answer(1).pointer(12).record(RrType::A, 1, kAddress));
    EXPECT_TRUE(shape_.has_edns);
    EXPECT_TRUE(shape_.has_error);
    EXPECT_EQ(shape_.error_code, EdeCode::Filtered) << "the first one counts";
    ASSERT_EQ(scrub(answer(0, 0, 1).opt({}, 1232, 0x01000000)), AnswerStatus::Ok);
    EXPECT_EQ(shape_.rcode, Rcode::BadVers);
    EXPECT_EQ(load_u16(&out_[2]) & 0xf, 2) << "not NOERROR, which the lower bits of the rcode are";
    EXPECT_EQ(out_.size(), answer(0).data.size()) << "an error carries no records";
}

TEST_F(ScrubTest, ErrorsCarryNothing) {
    ask("www.example", RrType::A);
    for (const unsigned rcode : {1U, 2U, 4U, 5U, 11U}) {
        const Packet bare = answer(0, 0, 0, 0x8180 | rcode);
        expect_scrubbed(answer(1, 0, 0, 0x8180 | rcode).pointer(12).record(RrType::A, 1, kAddress), bare);
        EXPECT_EQ(static_cast<unsigned>(shape_.rcode), rcode);
        EXPECT_FALSE(shape_.negative);
        EXPECT_EQ(shape_.ttl_s, 0U);
    }
}

TEST_F(ScrubTest, TruncatedSaysNothing) {
    ask("www.example", RrType::A);
    const Packet cut = answer(5, 1, 1, 0x8380).pointer(12).u16(1).u16(1);
    expect_scrubbed(cut, answer(0));
    EXPECT_TRUE(shape_.truncated);
}

// ---- what may not be kept ----

TEST_F(ScrubTest, StrangersInTheAnswerAreStripped) {
    ask("www.example", RrType::A);
    const Packet clean = answer(1).pointer(12).record(RrType::A, 60, kAddress);
    expect_scrubbed(
        answer(2).pointer(12).record(RrType::A, 60, kAddress).name("victim.example").record(RrType::A, 60, kOther),
        clean);
    expect_scrubbed(
        answer(2).name("victim.example").record(RrType::A, 60, kOther).pointer(12).record(RrType::A, 60, kAddress),
        clean);
    expect_scrubbed(answer(2).pointer(12).record(RrType::TXT, 60, {1, 'x'}).pointer(12).record(RrType::A, 60, kAddress),
                    clean);
}

TEST_F(ScrubTest, AnotherClassIsStripped) {
    ask("www.example", RrType::A);
    Packet packet = answer(2).pointer(12).record(RrType::A, 60, kAddress).pointer(12).record(RrType::A, 60, {1});
    packet.data[packet.data.size() - 8] = 3;  // CH, where an A record has another layout
    expect_scrubbed(packet, answer(1).pointer(12).record(RrType::A, 60, kAddress));
}

TEST_F(ScrubTest, AuthorityAndAdditionalOfAPositiveAnswerGo) {
    ask("www.example", RrType::A);
    const Packet packet = answer(1, 2, 2)
                              .pointer(12)
                              .record(RrType::A, 60, kAddress)
                              .pointer(16)
                              .record(RrType::NS, 5, wire_name("ns.example"))
                              .pointer(16)
                              .record(RrType::SOA, 5, soa_rdata(5))
                              .name("ns.example")
                              .record(RrType::A, 5, kOther)
                              .opt();
    expect_scrubbed(packet, answer(1).pointer(12).record(RrType::A, 60, kAddress));
    EXPECT_EQ(shape_.ttl_s, 60U);
}

// ---- denials ----

TEST_F(ScrubTest, NxdomainKeepsItsSoa) {
    ask("www.example", RrType::A);
    const Packet packet = answer(0, 1, 0, 0x8183).pointer(16).record(RrType::SOA, 3600, soa_rdata(60));
    expect_scrubbed(packet, answer(0, 1, 0, 0x8183).pointer(16).record(RrType::SOA, 60, soa_rdata(60)));
    EXPECT_TRUE(shape_.negative);
    EXPECT_TRUE(shape_.has_soa);
    EXPECT_EQ(shape_.ttl_s, 60U);
    EXPECT_EQ(shape_.rcode, Rcode::NXDomain);
}

TEST_F(ScrubTest, TheLowerOfSoaTtlAndMinimumCounts) {
    ask("www.example", RrType::A);
    ASSERT_EQ(scrub(answer(0, 1).pointer(16).record(RrType::SOA, 30, soa_rdata(0xffffffff))), AnswerStatus::Ok);
    EXPECT_EQ(shape_.ttl_s, 30U);
}

TEST_F(ScrubTest, AnSoaFromElsewhereDoesNotCount) {
    ask("www.example", RrType::A);
    for (const char* owner : {"victim", "ample", "x.www.example"}) {
        expect_scrubbed(answer(0, 1).name(owner).record(RrType::SOA, 30, soa_rdata(30)), answer(0));
        EXPECT_TRUE(shape_.negative);
        EXPECT_FALSE(shape_.has_soa);
        EXPECT_EQ(shape_.ttl_s, 0U);
    }
    // The second record is the right one.
    ASSERT_EQ(scrub(answer(0, 2)
                        .name("victim")
                        .record(RrType::SOA, 30, soa_rdata(30))
                        .pointer(16)
                        .record(RrType::SOA, 20, soa_rdata(30))),
              AnswerStatus::Ok);
    EXPECT_EQ(shape_.ttl_s, 20U);
    EXPECT_EQ(load_u16(&out_[8]), 1);
}

TEST_F(ScrubTest, AReferralIsADenialWithoutSoa) {
    ask("www.example", RrType::A);
    expect_scrubbed(answer(0, 1, 1)
                        .pointer(16)
                        .record(RrType::NS, 60, wire_name("ns.example"))
                        .name("ns.example")
                        .record(RrType::A, 60, kOther),
                    answer(0));
    EXPECT_TRUE(shape_.negative);
    EXPECT_FALSE(shape_.has_soa);
    EXPECT_EQ(shape_.ttl_s, 0U);
}

TEST_F(ScrubTest, NxdomainKeepsNoRecordOfTheTypeAsked) {
    ask("www.example", RrType::A);
    expect_scrubbed(answer(1, 0, 0, 0x8183).pointer(12).record(RrType::A, 60, kAddress), answer(0, 0, 0, 0x8183));
    EXPECT_TRUE(shape_.negative);
}

// ---- DNSSEC ----

TEST_F(ScrubTest, SignaturesAreKept) {
    const auto packet = [&] {
        return answer(2)
            .pointer(12)
            .record(RrType::A, 60, kAddress)
            .pointer(12)
            .record(RrType::RRSIG, 40, rrsig_rdata(RrType::A));
    };
    ask("www.example", RrType::A);
    expect_signed_kept(packet());
    EXPECT_EQ(shape_.ttl_s, 40U);
    ask("www.example", RrType::RRSIG);  // QTYPE: the signatures are the data
    expect_scrubbed(packet(), answer(1).pointer(12).record(RrType::RRSIG, 40, rrsig_rdata(RrType::A)));
}

TEST_F(ScrubTest, SignaturesOfWhatIsNotKeptGo) {
    ask("www.example", RrType::A);
    expect_scrubbed(answer(3)
                        .pointer(12)
                        .record(RrType::A, 60, kAddress)
                        .pointer(12)
                        .record(RrType::RRSIG, 60, rrsig_rdata(RrType::TXT))
                        .name("victim.example")
                        .record(RrType::RRSIG, 60, rrsig_rdata(RrType::A)),
                    answer(1).pointer(12).record(RrType::A, 60, kAddress));
    expect_scrubbed(answer(1).pointer(12).record(RrType::RRSIG, 60, rrsig_rdata(RrType::A)), answer(0));
    EXPECT_TRUE(shape_.negative) << "a signature without its records is no answer";
}

TEST_F(ScrubTest, SignedChain) {
    ask("www.example", RrType::A);
    const Bytes sig = rrsig_rdata(RrType::CNAME);
    expect_signed_kept(answer(4)
                           .pointer(12)
                           .record(RrType::CNAME, 60, wire_name("a.example"))
                           .pointer(12)
                           .record(RrType::RRSIG, 60, sig)
                           .pointer(41)
                           .record(RrType::A, 60, kAddress)
                           .pointer(41)
                           .record(RrType::RRSIG, 60, rrsig_rdata(RrType::A)));
}

TEST_F(ScrubTest, ProofsOfADenial) {
    ask("www.example", RrType::A);
    const Packet packet = answer(0, 5, 0, 0x8183)
                              .pointer(16)
                              .record(RrType::SOA, 60, soa_rdata(60))
                              .pointer(16)
                              .record(RrType::RRSIG, 60, rrsig_rdata(RrType::SOA))
                              .pointer(16)
                              .record(RrType::NSEC, 60, join({wire_name("Zz.example"), {0, 1, 0x40}}))
                              .pointer(16)
                              .record(RrType::RRSIG, 60, rrsig_rdata(RrType::NSEC))
                              .name("hash.example")
                              .record(RrType::NSEC3, 60, {1, 0, 0, 0, 0, 2, 7, 7, 0, 1, 0x40});
    expect_signed_kept(packet);
}

TEST_F(ScrubTest, ProofsOfAWildcard) {
    ask("www.example", RrType::A);
    const Packet packet = answer(2, 3)
                              .pointer(12)
                              .record(RrType::A, 60, kAddress)
                              .pointer(12)
                              .record(RrType::RRSIG, 60, rrsig_rdata(RrType::A))
                              .pointer(16)
                              .record(RrType::NSEC, 60, join({wire_name("zz.example"), {0, 1, 0x40}}))
                              .pointer(16)
                              .record(RrType::RRSIG, 60, rrsig_rdata(RrType::NSEC))
                              .pointer(16)
                              .record(RrType::NS, 60, wire_name("ns.example"));
    Packet kept = answer(2, 2);
    kept.data.insert(kept.data.end(), packet.data.begin() + 29, packet.data.end() - 24);
    expect_signed_scrubbed(packet, kept);
}

// ---- links ----

TEST_F(ScrubTest, ServiceTargetsAreLinks) {
    ask("www.example", RrType::HTTPS);
    const Bytes alias = join({{0, 0}, wire_name("alias.example")});
    const Bytes self = join({{0, 1}, wire_name(""), {0, 1, 0, 3, 2, 'h', '2'}});
    const Bytes other = join({{0, 2}, wire_name("svc.example")});
    expect_kept(answer(4)
                    .pointer(12)
                    .record(RrType::HTTPS, 60, alias)
                    .pointer(12)
                    .record(RrType::HTTPS, 60, self)
                    .pointer(12)
                    .record(RrType::HTTPS, 60, other)
                    .pointer(12)
                    .record(RrType::HTTPS, 60, other));
    EXPECT_EQ(links(), (Names{"alias.example", "svc.example"}));
}

TEST_F(ScrubTest, MoreLinksThanCanBeJudgedAreRefused) {
    ask("www.example", RrType::HTTPS);
    Packet packet = answer(17);
    for (unsigned i = 0; i < 17; ++i)
        packet.pointer(12).record(RrType::HTTPS, 60, join({{0, 1}, wire_name("s" + std::to_string(i) + ".example")}));
    EXPECT_EQ(scrub(packet), AnswerStatus::Loop);
}

TEST_F(ScrubTest, LinksHoldInAMessageWrittenAnew) {
    ask("www.example", RrType::HTTPS);
    const Packet packet =
        answer(3)
            .name("victim.example")
            .record(RrType::A, 60, kOther)
            .pointer(12)
            .record(RrType::CNAME, 60, wire_name("a.example"))
            .name("a.example")
            .record(RrType::HTTPS, 60, join({{0, 1}, wire_name("Svc.example"), {0, 4, 0, 4, 1, 2, 3, 4}}));
    ASSERT_EQ(scrub(packet), AnswerStatus::Ok);
    EXPECT_EQ(links(), (Names{"a.example", "svc.example"}));
}

// ---- TTLs ----

TEST_F(ScrubTest, TtlsBeyondTheRangeCountAsZero) {
    ask("www.example", RrType::A);
    expect_scrubbed(answer(1).pointer(12).record(RrType::A, 0x80000000, kAddress),
                    answer(1).pointer(12).record(RrType::A, 0, kAddress));
    EXPECT_EQ(shape_.ttl_s, 0U);
    expect_kept(answer(1).pointer(12).record(RrType::A, 0x7fffffff, kAddress));
}

// ---- names in rdata ----

TEST_F(ScrubTest, CompressedRdataIsWrittenInFullWhenWrittenAnew) {
    ask("www.example", RrType::MX);
    const Packet packet = answer(3)
                              .name("victim.example")
                              .record(RrType::A, 60, kOther)
                              .pointer(12)
                              .record(RrType::MX, 60, {0, 10, 2, 'm', 'x', 0xc0, 16})
                              .pointer(12)
                              .record(RrType::MX, 60, {0, 20, 0xc0, 12});
    expect_scrubbed(packet, answer(2)
                                .pointer(12)
                                .record(RrType::MX, 60, join({{0, 10}, wire_name("mx.example")}))
                                .pointer(12)
                                .record(RrType::MX, 60, join({{0, 20}, wire_name("www.example")})));
}

TEST_F(ScrubTest, CompressedSoaIsRead) {
    ask("www.example", RrType::A);
    const Bytes soa = join({{2, 'n', 's', 0xc0, 16, 0xc0, 16}, Bytes(16), {0, 0, 0, 9}});
    ASSERT_EQ(scrub(answer(0, 2, 0, 0x8183)
                        .pointer(16)
                        .record(RrType::NS, 60, {0xc0, 12})
                        .pointer(16)
                        .record(RrType::SOA, 60, soa)),
              AnswerStatus::Ok);
    EXPECT_EQ(shape_.ttl_s, 9U);
    EXPECT_EQ(load_u16(&out_[8]), 1);
}

// A name that points into bytes outside of names would change with them, such as a TTL that ages.
TEST_F(ScrubTest, NamesThatLeadIntoOtherBytesAreWrittenInFull) {
    ask("www.example", RrType::CNAME);
    // The TTL of the first record, at 29+2+4 = 35, reads as the name "a" and the root.
    const Packet packet = answer(2)
                              .pointer(12)
                              .record(RrType::CNAME, 0x01610000, wire_name("b.example"))
                              .pointer(12)
                              .record(RrType::CNAME, 60, {0xc0, 35});
    expect_scrubbed(packet, answer(2)
                                .pointer(12)
                                .record(RrType::CNAME, 0x01610000, wire_name("b.example"))
                                .pointer(12)
                                .record(RrType::CNAME, 60, wire_name("a")));
    age_answer(out_, 0x100, 0, kTtlMax);
    EXPECT_EQ(links(), (Names{"b.example", "a"}));
}

}  // namespace
}  // namespace cenote::wire
