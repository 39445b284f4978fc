// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/reply.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/wire/packets.h"

namespace cenote::wire {
namespace {

using test::edns_query;
using test::join;
using test::option;
using test::Packet;
using test::plain_query;

using Bytes = std::vector<std::uint8_t>;

/// What stands in a reply, read with a reader of its own.
struct Reply {
    unsigned id = 0, flags = 0, qd = 0, an = 0, ns = 0, ar = 0;
    std::size_t size = 0;
    bool has_opt = false;
    unsigned opt_udp_size = 0;
    std::uint32_t opt_ttl = 0;
    std::vector<std::pair<unsigned, Bytes>> options;

    [[nodiscard]] std::vector<std::string> errors() const {  // EDE: code and text
        std::vector<std::string> found;
        for (const auto& [code, data] : options)
            if (code == 15)
                found.push_back(std::to_string(data[0] << 8 | data[1]) + ":" +
                                std::string(data.begin() + 2, data.end()));
        return found;
    }
    [[nodiscard]] const Bytes* find(unsigned code) const {
        for (const auto& [have, data] : options)
            if (have == code) return &data;
        return nullptr;
    }
    [[nodiscard]] bool truncated() const { return (flags & 0x0200) != 0; }
};

Reply read_reply(ByteView packet) {
    Reply reply;
    reply.size = packet.size();
    ByteReader in(packet);
    reply.id = in.u16();
    reply.flags = in.u16();
    reply.qd = in.u16();
    reply.an = in.u16();
    reply.ns = in.u16();
    reply.ar = in.u16();
    std::size_t at = in.offset();
    const auto skip_owner = [&](ByteReader& reader) {
        const std::size_t before = at;
        EXPECT_TRUE(skip_name(packet, at));
        reader.skip(at - before);
    };
    for (unsigned i = 0; i < reply.qd; ++i) {
        skip_owner(in);
        in.skip(4);
        at = in.offset();
    }
    for (unsigned i = 0; i < reply.an + reply.ns + reply.ar; ++i) {
        skip_owner(in);
        const unsigned type = in.u16();
        const unsigned rr_class = in.u16();
        const std::uint32_t ttl = in.u32();
        const ByteView rdata = in.bytes(in.u16());
        at = in.offset();
        if (type != 41) continue;
        reply.has_opt = true;
        reply.opt_udp_size = rr_class;
        reply.opt_ttl = ttl;
        ByteReader options(rdata);
        while (options.left() > 0) {
            const unsigned code = options.u16();
            const ByteView data = options.bytes(options.u16());
            reply.options.emplace_back(code, Bytes(data.begin(), data.end()));
        }
        EXPECT_TRUE(options.ok());
    }
    EXPECT_TRUE(in.ok());
    EXPECT_EQ(in.left(), 0U) << "nothing follows the message";
    return reply;
}

/// A query, and a buffer with guard bytes behind the limit.
class ReplyTest : public testing::Test {
protected:
    void ask(const Packet& packet, ParseStatus expected = ParseStatus::Ok) {
        packet_ = packet;
        ASSERT_EQ(parse_query(packet_.view(), query_), expected);
    }
    void limit(std::size_t size) {
        buffer_.assign(size + 64, 0xee);
        reply_ = ReplyBuffer{buffer_, size, 0};
    }
    Reply write(Rcode rcode, std::span<const Record> answer, std::span<const Record> authority, const OptContent& opt) {
        write_reply(query_, rcode, answer, authority, opt, reply_);
        return check();
    }
    Reply check() {
        EXPECT_LE(reply_.size, reply_.limit);
        for (std::size_t i = reply_.limit; i < buffer_.size(); ++i) EXPECT_EQ(buffer_[i], 0xee) << "behind the limit";
        return read_reply(reply_.written());
    }

    Packet packet_;
    Query query_;
    Bytes buffer_;
    ReplyBuffer reply_;
};

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
        << "letters kept";
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

class FinishTest : public ReplyTest {
protected:
    /// A distilled message for www.example.com A, as the cache holds it.
    void store(unsigned flags, std::size_t space) {
        const Packet message = Packet()
                                   .header(0, flags, 1, 1, 0, 0)
                                   .question("www.example.com", RrType::A, RrClass::IN)
                                   .pointer(12)
                                   .record(RrType::A, 300, {192, 0, 2, 1});
        limit(space);
        std::copy(message.data.begin(), message.data.end(), buffer_.begin());
        reply_.size = message.data.size();
    }
    Reply finish(const OptContent& opt) {
        finish_answer(query_, opt, reply_);
        return check();
    }
};

TEST_F(FinishTest, GivesBackIdLettersAndFlags) {
    ask(Packet().header(99, 0x0110, 1, 0, 0, 0).question("WWW.example.COM", RrType::A, RrClass::IN));
    store(0x8003 | kFlagAd, 512);
    const Reply reply = finish({});
    EXPECT_EQ(reply.id, 99U);
    EXPECT_EQ(reply.flags, 0x8193U) << "QR RD RA CD and the rcode; AD was not asked for";
    EXPECT_FALSE(reply.has_opt);
    EXPECT_EQ(reply.an, 1U);
    EXPECT_TRUE(std::equal(query_.question.begin(), query_.question.end(), reply_.space.begin() + 12));
}

TEST_F(FinishTest, AdOnlyWhereSetAndWanted) {
    for (const bool stored : {true, false})
        for (const unsigned asked : {0x0120U, 0x0100U}) {
            ask(Packet().header(1, asked, 1, 0, 0, 0).question("www.example.com", RrType::A, RrClass::IN));
            store(0x8180U | (stored ? kFlagAd : 0U), 512);
            EXPECT_EQ((finish({}).flags & kFlagAd) != 0, stored && asked == 0x0120);
        }
    ask(Packet()
            .header(1, 0x0100, 1, 0, 0, 1)
            .question("www.example.com", RrType::A, RrClass::IN)
            .opt({}, 1232, 0x8000));
    store(0x8180 | kFlagAd, 512);
    EXPECT_TRUE(finish({}).flags & kFlagAd) << "DO asks for it too (RFC 6840 §5.7)";
}

TEST_F(FinishTest, AppendsTheOpt) {
    ask(edns_query("www.example.com", RrType::A, {}));
    store(0x8180, 1232);
    OptContent opt;
    opt.add({EdeCode::StaleAnswer, "upstream is silent", {}});
    const Reply reply = finish(opt);
    EXPECT_TRUE(reply.has_opt);
    EXPECT_EQ(reply.ar, 1U);
    EXPECT_EQ(reply.errors(), std::vector<std::string>{"3:upstream is silent"});
}

TEST_F(FinishTest, TrimsThenTruncates) {
    ask(edns_query("www.example.com", RrType::A, {}));
    OptContent opt;
    opt.add({EdeCode::StaleAnswer, "upstream is silent", {}});
    const std::size_t message = 12 + 21 + 16;
    store(0x8180, message + 11 + 6);
    EXPECT_EQ(finish(opt).errors(), std::vector<std::string>{"3:"});
    store(0x8180, message + 11);
    EXPECT_TRUE(finish(opt).errors().empty());
    store(0x8180, message + 10);
    // What stands behind the limit is the message itself here, so look at the reply only.
    finish_answer(query_, opt, reply_);
    const Reply reply = read_reply(reply_.written());
    EXPECT_TRUE(reply.truncated());
    EXPECT_EQ(reply.an, 0U);
    EXPECT_EQ(reply.qd, 1U);
    EXPECT_TRUE(reply.has_opt);
}

TEST(UdpLimitTest, StaysBetween512And1232) {
    const auto limit_for = [](unsigned udp_size) {
        Query query;
        const Packet packet = Packet().header(1, 0, 1, 0, 0, 1).question("a", RrType::A, RrClass::IN).opt({}, udp_size);
        EXPECT_EQ(parse_query(packet.view(), query), ParseStatus::Ok);
        return udp_limit(query);
    };
    EXPECT_EQ(limit_for(0), 512U);
    EXPECT_EQ(limit_for(1000), 1000U);
    EXPECT_EQ(limit_for(65535), 1232U);
    Query query;
    ASSERT_EQ(parse_query(plain_query("a", RrType::A).view(), query), ParseStatus::Ok);
    EXPECT_EQ(udp_limit(query), 512U);
}

}  // namespace
}  // namespace cenote::wire
