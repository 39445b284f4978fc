// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/reply_fixture.h"

namespace cenote::wire {
namespace {

using test::Bytes;
using test::edns_query;
using test::join;
using test::option;
using test::Packet;
using test::plain_query;
using test::Reply;

class ReplyTest : public test::ReplyFixture {};

const Bytes kNull4(4, 0);

TEST_F(ReplyTest, SinkholeAnswer) {
    ask(Packet()
            .header(7, 0x0130, 1, 0, 0, 1)
            .question("wWw.Example.com", RrType::A, RrClass::IN)
            .opt({}, 4096, 0x8000));
    limit(1232);
    const Record record{0, RrType::A, 30, kNull4};
    OptContent opt;
    opt.add({EdeCode::Blocked, "blocked by order", {}});
    opt.add({EdeCode::ForgedAnswer, {}, {}});
    const Reply reply = write(Rcode::NoError, {&record, 1}, {}, opt);
    EXPECT_EQ(reply.id, 7U);
    EXPECT_EQ(reply.flags, 0x8190U) << "QR RD RA CD, neither AA nor AD";
    EXPECT_EQ(reply.an, 1U);
    EXPECT_EQ(reply.opt_udp_size, 1232U);
    EXPECT_EQ(reply.opt_ttl, 0x8000U) << "DO copied (RFC 3225 §3)";
    EXPECT_EQ(reply.errors(), (std::vector<std::string>{"15:blocked by order", "4:"}));
    EXPECT_TRUE(std::equal(query_.question.begin(), query_.question.end(), reply_.space.begin() + 12))
        << "the case of QNAME is preserved";
    const Packet expected = Packet().pointer(12).record(RrType::A, 30, kNull4);
    EXPECT_TRUE(std::equal(expected.data.begin(), expected.data.end(), reply_.space.begin() + 33));
}

TEST_F(ReplyTest, OwnersPointIntoTheQuestion) {
    ask(plain_query("www.example.com", RrType::A));
    limit(512);
    const Bytes rdata{1, 2, 3};
    const std::vector<Record> authority{
        {1, RrType::SOA, 5, rdata}, {3, RrType::SOA, 5, rdata}, {9, RrType::SOA, 5, rdata}};
    write(Rcode::NXDomain, {}, authority, {});
    const Packet expected = Packet()
                                .pointer(16)
                                .record(RrType::SOA, 5, rdata)
                                .pointer(28)
                                .record(RrType::SOA, 5, rdata)
                                .pointer(28)
                                .record(RrType::SOA, 5, rdata);
    EXPECT_TRUE(std::equal(expected.data.begin(), expected.data.end(), reply_.space.begin() + 33,
                           reply_.space.begin() + static_cast<std::ptrdiff_t>(reply_.size)));
}

TEST_F(ReplyTest, AnOwnerMayBeTheTargetOfTheCname) {
    ask(plain_query("www.example.com", RrType::A));
    limit(512);
    const Bytes target = test::wire_name("blocked.agency.example");
    const std::vector<Record> answer{{0, RrType::CNAME, 5, target}, {Record::kOwnerIsTarget, RrType::A, 5, kNull4}};
    write(Rcode::NoError, answer, {}, {});
    const Packet expected =
        Packet().pointer(12).record(RrType::CNAME, 5, target).pointer(45).record(RrType::A, 5, kNull4);
    EXPECT_TRUE(std::equal(expected.data.begin(), expected.data.end(), reply_.space.begin() + 33));
    Name owner;
    std::size_t end = 0;
    ASSERT_TRUE(owner.read(reply_.written(), 45 + target.size(), end));
    EXPECT_EQ(owner.to_string(), "blocked.agency.example");
}

TEST_F(ReplyTest, NoOptWithoutOpt) {
    ask(plain_query("example.com", RrType::A));
    limit(512);
    OptContent opt;
    opt.add({EdeCode::Blocked, "text", {}});
    const Bytes cookie(16, 1);
    opt.cookie = cookie;
    const Reply reply = write(Rcode::Refused, {}, {}, opt);
    EXPECT_FALSE(reply.has_opt);
    EXPECT_EQ(reply.ar, 0U);
    EXPECT_EQ(reply.flags & 0xf, 5U);
}

TEST_F(ReplyTest, OptionsAreWrittenWhereAskedFor) {
    OptContent opt;
    opt.nsid = "dns1";
    const Bytes cookie(24, 3);
    opt.cookie = cookie;
    opt.keepalive_100ms = 100;
    ask(edns_query("example.com", RrType::A, join({option(3, {}), option(11, {}), option(10, Bytes(8, 1))})));
    limit(1232);
    const Reply reply = write(Rcode::NoError, {}, {}, opt);
    ASSERT_TRUE(reply.find(3) && reply.find(10) && reply.find(11));
    EXPECT_EQ(*reply.find(3), (Bytes{'d', 'n', 's', '1'}));
    EXPECT_EQ(*reply.find(10), cookie);
    EXPECT_EQ(*reply.find(11), (Bytes{0, 100}));
    ask(edns_query("example.com", RrType::A, {}));
    limit(1232);
    const Reply bare = write(Rcode::NoError, {}, {}, opt);
    EXPECT_FALSE(bare.find(3));
    EXPECT_FALSE(bare.find(11));
}

TEST_F(ReplyTest, PaddedToABlockWhereAskedForAndEncrypted) {  // RFC 8467 §4.1
    OptContent opt;
    opt.padded_to = 468;
    const std::string text(900, 'x');
    for (std::size_t size = 0; size < text.size(); size += 7) {
        opt.errors[0] = {EdeCode::Blocked, std::string_view(text).substr(0, size), {}};
        opt.error_count = 1;
        ask(edns_query("example.com", RrType::A, option(12, Bytes(5, 0))));
        limit(4096);
        const Reply reply = write(Rcode::NoError, {}, {}, opt);
        ASSERT_TRUE(reply.find(12)) << size;
        ASSERT_EQ(reply.size % 468, 0U) << size;
        ASSERT_EQ(*reply.find(12), Bytes(reply.find(12)->size(), 0));
        ASSERT_EQ(reply.errors().size(), 1U);
    }
    ask(edns_query("example.com", RrType::A, {}));
    limit(4096);
    EXPECT_FALSE(write(Rcode::NoError, {}, {}, opt).find(12)) << "it was not asked for";
    ask(edns_query("example.com", RrType::A, option(12, {})));
    limit(4096);
    EXPECT_FALSE(write(Rcode::NoError, {}, {}, {}).find(12)) << "not on this transport";
    for (std::size_t room = 12; room < 1000; ++room) {
        ask(edns_query("example.com", RrType::A, option(12, {})));
        limit(room);
        EXPECT_LE(write(Rcode::NoError, {}, {}, opt).size, room);
    }
}

TEST_F(ReplyTest, RepeatedOptionsAreAnsweredOnce) {  // CVE-2026-42944
    Bytes options;
    for (int i = 0; i < 100; ++i) options = join({options, option(3, {}), option(12, {})});
    ask(edns_query("example.com", RrType::A, options));
    limit(512);
    OptContent opt;
    opt.nsid = "dns1";
    EXPECT_EQ(write(Rcode::NoError, {}, {}, opt).options.size(), 1U);
}

TEST_F(ReplyTest, FormErrCarriesNoQuestionButTheOpt) {
    ask(edns_query("example.com", RrType::A, option(10, Bytes(7, 1))), ParseStatus::FormErr);
    limit(512);
    const Record record{0, RrType::A, 30, kNull4};
    const Reply reply = write(Rcode::FormErr, {&record, 1}, {&record, 1}, {});
    EXPECT_EQ(reply.qd, 0U);
    EXPECT_EQ(reply.an + reply.ns, 0U);
    EXPECT_TRUE(reply.has_opt);
    EXPECT_EQ(reply.size, 12U + 11U);
    ask(Packet().header(1, 0x0100, 0, 0, 0, 0), ParseStatus::FormErr);
    limit(512);
    EXPECT_EQ(write(Rcode::FormErr, {}, {}, {}).size, 12U);
}

TEST_F(ReplyTest, RecordsWithoutAQuestionAreDropped) {
    ask(Packet().header(1, 0x0100, 0, 0, 0, 0), ParseStatus::FormErr);
    limit(512);
    const Record record{2, RrType::A, 30, kNull4};
    EXPECT_EQ(write(Rcode::ServFail, {&record, 1}, {&record, 1}, {}).size, 12U);
}

TEST_F(ReplyTest, ExtendedRcodesLiveInTheOpt) {
    ask(Packet().header(1, 0, 1, 0, 0, 1).question("a", RrType::A, RrClass::IN).opt({}, 1232, 0x00010000),
        ParseStatus::BadVers);
    limit(512);
    const Reply reply = write(Rcode::BadVers, {}, {}, {});
    EXPECT_EQ(reply.flags & 0xf, 0U);
    EXPECT_EQ(reply.opt_ttl, 0x01000000U) << "version 0";
    EXPECT_EQ(reply.qd, 1U);
    ask(plain_query("a", RrType::A));
    limit(512);
    EXPECT_EQ(write(Rcode::BadCookie, {}, {}, {}).flags & 0xf, 2U) << "there is no OPT to hold it";
}

TEST_F(ReplyTest, OpcodeIsCopied) {
    ask(Packet().header(1, 5U << 11, 1, 0, 0, 0).question("a", RrType::SOA, RrClass::IN), ParseStatus::NotImp);
    limit(512);
    EXPECT_EQ(write(Rcode::NotImp, {}, {}, {}).flags, 0x8000U | 5U << 11 | 0x80U | 4U);
}

// The draft on structured errors §5.2 and RFC 8914 §3: JSON members, EXTRA-TEXT, EDE, at last the records with TC.
TEST_F(ReplyTest, TrimsInOrder) {
    const std::string json(120, 'j'), short_text(60, 's'), nsid(30, 'n');
    const Bytes rdata(200, 1);
    const Record record{0, RrType::TXT, 30, rdata};
    OptContent opt;
    opt.nsid = nsid;
    opt.add({EdeCode::Blocked, json, short_text});
    opt.add({EdeCode::ForgedAnswer, {}, {}});
    ask(edns_query("example.com", RrType::TXT, option(3, {})));
    int last_stage = 0;
    std::array<int, 6> seen{};
    for (std::size_t size = 600; size >= 60; --size) {
        limit(size);
        const Reply reply = write(Rcode::NoError, {&record, 1}, {}, opt);
        const auto errors = reply.errors();
        const int stage = reply.truncated()                 ? 5
                          : !reply.find(3)                  ? 4
                          : errors.empty()                  ? 3
                          : errors[0] == "15:"              ? 2
                          : errors[0] == "15:" + short_text ? 1
                                                            : 0;
        ++seen[static_cast<std::size_t>(stage)];
        EXPECT_GE(stage, last_stage) << size;
        last_stage = stage;
        EXPECT_EQ(reply.an, stage == 5 ? 0U : 1U);
        EXPECT_TRUE(reply.has_opt);
        EXPECT_EQ(reply.qd, 1U);
    }
    for (const int count : seen) EXPECT_GT(count, 0) << "every stage was met";
}

TEST_F(ReplyTest, NeverOverflowsAtAnySize) {
    const std::string label63(63, 'a');
    const std::string longest = label63 + "." + label63 + "." + label63 + "." + std::string(61, 'b');
    const std::string text(700, 't'), shorter(300, 's'), nsid(255, 'n');
    const Bytes cookie(40, 1), rdata(90, 2);
    OptContent opt;
    opt.nsid = nsid;
    opt.cookie = cookie;
    opt.keepalive_100ms = 1;
    opt.add({EdeCode::Blocked, text, shorter});
    opt.add({EdeCode::ForgedAnswer, text, {}});
    const std::vector<Record> records(4, Record{0, RrType::TXT, 1, rdata});
    for (const std::string& name : {std::string("a"), longest})
        for (const bool edns : {true, false}) {
            ask(edns ? edns_query(name, RrType::A, join({option(3, {}), option(11, {})}))
                     : plain_query(name, RrType::A));
            for (std::size_t size = 512; size <= 1232; ++size) {
                limit(size);
                const Reply reply = write(Rcode::NoError, records, {records.data(), 1}, opt);
                EXPECT_EQ(reply.qd, 1U);
                EXPECT_EQ(reply.has_opt, edns);
                EXPECT_EQ(reply.find(10) != nullptr, edns);
            }
        }
}

TEST_F(ReplyTest, EvenAnAbsurdLimitIsKept) {
    ask(edns_query("example.com", RrType::A, {}));
    for (std::size_t size = 0; size < 60; ++size) {
        buffer_.assign(size + 64, 0xee);
        reply_ = ReplyBuffer{buffer_, size, 0};
        write_reply(query_, Rcode::NoError, {}, {}, {}, reply_);
        EXPECT_LE(reply_.size, size);
        EXPECT_EQ(reply_.size == 0, size < 12);
        if (reply_.size != 0) check();
    }
}

}  // namespace
}  // namespace cenote::wire
