// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/scrub_fixture.h"

namespace cenote::wire {
namespace {

using test::join;
using test::kAddress;
using test::Packet;
using test::soa_rdata;
using test::wire_name;

class ScrubChainTest : public test::ScrubFixture {};

TEST_F(ScrubChainTest, FollowsAChainInOrder) {
    ask("www.example", RrType::A);
    // www.example is 13 bytes, so the question ends at 29 and the first rdata is at 41.
    const Packet packet = answer(3)
                              .pointer(12)
                              .record(RrType::CNAME, 60, wire_name("a.cdn.example"))
                              .pointer(41)
                              .record(RrType::CNAME, 50, wire_name("b.cdn.example"))
                              .pointer(68)
                              .record(RrType::A, 70, kAddress);
    expect_kept(packet);
    EXPECT_EQ(links(), (Names{"a.cdn.example", "b.cdn.example"}));
    EXPECT_EQ(shape_.ttl_s, 50U);
    EXPECT_FALSE(shape_.negative);
}

TEST_F(ScrubChainTest, PutsAChainInOrder) {
    ask("www.example", RrType::A);
    const Packet shuffled = answer(3)
                                .name("b.cdn.example")
                                .record(RrType::A, 70, kAddress)
                                .name("a.cdn.example")
                                .record(RrType::CNAME, 50, wire_name("b.cdn.example"))
                                .pointer(12)
                                .record(RrType::CNAME, 60, wire_name("a.cdn.example"));
    const Packet ordered = answer(3)
                               .pointer(12)
                               .record(RrType::CNAME, 60, wire_name("a.cdn.example"))
                               .pointer(41)
                               .record(RrType::CNAME, 50, wire_name("b.cdn.example"))
                               .pointer(68)
                               .record(RrType::A, 70, kAddress);
    expect_scrubbed(shuffled, ordered);
    EXPECT_EQ(links(), (Names{"a.cdn.example", "b.cdn.example"}));
}

TEST_F(ScrubChainTest, AChainWithoutAnEndIsADenial) {
    ask("www.example", RrType::AAAA);
    const Packet packet = answer(1, 1)
                              .pointer(12)
                              .record(RrType::CNAME, 60, wire_name("a.cdn.example"))
                              .name("cdn.example")
                              .record(RrType::SOA, 900, soa_rdata(45));
    ASSERT_EQ(scrub(packet), AnswerStatus::Ok);
    EXPECT_TRUE(shape_.negative);
    EXPECT_TRUE(shape_.has_soa);
    EXPECT_EQ(shape_.ttl_s, 45U);
    EXPECT_EQ(links(), Names{"a.cdn.example"});
}

TEST_F(ScrubChainTest, CnameToItself) {
    ask("www.example", RrType::A);
    EXPECT_EQ(scrub(answer(1).pointer(12).record(RrType::CNAME, 60, wire_name("WWW.example"))), AnswerStatus::Loop);
    EXPECT_EQ(scrub(answer(2)
                        .pointer(12)
                        .record(RrType::CNAME, 60, wire_name("a.example"))
                        .name("a.example")
                        .record(RrType::CNAME, 60, wire_name("www.example"))),
              AnswerStatus::Loop);
}

TEST_F(ScrubChainTest, ChainLengthIsLimited) {
    const auto chain = [&](unsigned length) {
        Packet packet = answer(length + 1);
        packet.name("n0.example").record(RrType::CNAME, 60, wire_name("n1.example"));
        for (unsigned i = 1; i < length; ++i)
            packet.name("n" + std::to_string(i) + ".example")
                .record(RrType::CNAME, 60, wire_name("n" + std::to_string(i + 1) + ".example"));
        return packet.name("n" + std::to_string(length) + ".example").record(RrType::A, 60, kAddress);
    };
    ask("n0.example", RrType::A);
    ASSERT_EQ(scrub(chain(16)), AnswerStatus::Ok);
    EXPECT_EQ(shape_.link_count, 16);
    EXPECT_EQ(links().back(), "n16.example");
    EXPECT_FALSE(shape_.negative);
    EXPECT_EQ(scrub(chain(17)), AnswerStatus::Loop);
}

TEST_F(ScrubChainTest, CnameAndAnyAreNotFollowed) {
    for (const RrType type : {RrType::CNAME, RrType::ANY}) {
        ask("www.example", type);
        const Packet cname = answer(1).pointer(12).record(RrType::CNAME, 60, wire_name("a.example"));
        Packet more = cname;
        more.data[7] = 2;
        expect_scrubbed(more.name("a.example").record(RrType::A, 60, kAddress), cname);
        EXPECT_EQ(links(), Names{"a.example"});
    }
}

TEST_F(ScrubChainTest, AnyKeepsWhatIsAtTheName) {
    ask("www.example", RrType::ANY);
    expect_kept(answer(3)
                    .pointer(12)
                    .record(RrType::A, 60, kAddress)
                    .pointer(12)
                    .record(RrType::TXT, 60, {1, 'x'})
                    .pointer(12)
                    .record(RrType::HTTPS, 60, join({{0, 1}, wire_name("svc.example")})));
    EXPECT_EQ(links(), Names{"svc.example"});
}

TEST_F(ScrubChainTest, DnameWithItsCname) {
    ask("www.old.example", RrType::A);
    // The question ends at 33; the owner of the DNAME is QNAME without its first label.
    const Packet packet = answer(3)
                              .pointer(16)
                              .record(RrType::DNAME, 60, wire_name("new.example"))
                              .pointer(12)
                              .record(RrType::CNAME, 0, wire_name("www.new.example"))
                              .name("www.new.example")
                              .record(RrType::A, 60, kAddress);
    expect_kept(packet);
    EXPECT_EQ(links(), (Names{"new.example", "www.new.example"}));
}

TEST_F(ScrubChainTest, DnameAlone) {
    ask("www.old.example", RrType::A);
    expect_scrubbed(answer(2)
                        .pointer(16)
                        .record(RrType::DNAME, 60, wire_name("new.example"))
                        .name("www.new.example")
                        .record(RrType::A, 60, kAddress),
                    answer(3)
                        .name("old.example")
                        .record(RrType::DNAME, 60, wire_name("new.example"))
                        .pointer(12)
                        .record(RrType::CNAME, 60, wire_name("www.new.example"))
                        .pointer(33 + 13 + 10 + 13 + 2 + 10)
                        .record(RrType::A, 60, kAddress));
    EXPECT_FALSE(shape_.negative);
    EXPECT_EQ(links(), (Names{"new.example", "www.new.example"}));
}

TEST_F(ScrubChainTest, ADnameBehindACname) {
    ask("a.example", RrType::A);
    expect_scrubbed(answer(3)
                        .pointer(12)
                        .record(RrType::CNAME, 60, wire_name("www.old.example"))
                        .name("old.example")
                        .record(RrType::DNAME, 30, wire_name("new.example"))
                        .name("www.new.example")
                        .record(RrType::A, 60, kAddress),
                    answer(4)
                        .pointer(12)
                        .record(RrType::CNAME, 60, wire_name("www.old.example"))
                        .name("old.example")
                        .record(RrType::DNAME, 30, wire_name("new.example"))
                        .name("www.old.example")
                        .record(RrType::CNAME, 30, wire_name("www.new.example"))
                        .pointer(27 + 12 + 17 + 13 + 10 + 13 + 17 + 10)
                        .record(RrType::A, 60, kAddress));
}

TEST_F(ScrubChainTest, TheCnameOfADnameIsAskedFor) {
    ask("www.old.example", RrType::CNAME);
    expect_scrubbed(answer(1).name("old.example").record(RrType::DNAME, 60, wire_name("new.example")),
                    answer(2)
                        .name("old.example")
                        .record(RrType::DNAME, 60, wire_name("new.example"))
                        .pointer(12)
                        .record(RrType::CNAME, 60, wire_name("www.new.example")));
    EXPECT_FALSE(shape_.negative);
}

TEST_F(ScrubChainTest, ADnameDoesNotSpeakOfItsOwnOwnerOrOfStrangers) {
    ask("old.example", RrType::A);
    for (const char* owner : {"old.example", "other.example", "ld.example"})
        expect_scrubbed(answer(1).name(owner).record(RrType::DNAME, 60, wire_name("new.example")), answer(0));
}

TEST_F(ScrubChainTest, ADnameThatGrowsTooLong) {
    const std::string label63(63, 'a');
    ask(label63 + "." + label63 + ".old.example", RrType::A);
    const std::string target = label63 + "." + label63;
    expect_scrubbed(answer(1).name("old.example").record(RrType::DNAME, 60, wire_name(target)),
                    answer(0, 0, 0, 0x8186));  // YXDOMAIN (RFC 6672 §2.2)
    EXPECT_EQ(shape_.rcode, kYxDomain);
}

TEST_F(ScrubChainTest, OneDnameForTwoStepsIsKeptOnce) {
    ask("a.old.example", RrType::A);
    const Packet packet = answer(4)
                              .name("old.example")
                              .record(RrType::DNAME, 60, wire_name("new.example"))
                              .pointer(12)
                              .record(RrType::CNAME, 60, wire_name("b.old.example"))
                              .name("b.old.example")
                              .record(RrType::CNAME, 60, wire_name("c.new.example"))
                              .name("c.new.example")
                              .record(RrType::A, 60, kAddress);
    expect_kept(packet);
}

}  // namespace
}  // namespace cenote::wire
