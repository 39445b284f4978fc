// SPDX-License-Identifier: Apache-2.0
#include "tests/wire/reply_fixture.h"

namespace cenote::wire {
namespace {

using test::edns_query;
using test::Packet;
using test::plain_query;
using test::read_reply;
using test::Reply;

class FinishTest : public test::ReplyFixture {
protected:
    /// A scrubbed message for www.example.com A, as the cache holds it.
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

TEST_F(FinishTest, PadsTheOpt) {
    ask(edns_query("www.example.com", RrType::A, test::option(12, {})));
    store(0x8180, 1232);
    OptContent opt;
    opt.padded_to = 468;
    const Reply reply = finish(opt);
    EXPECT_EQ(reply.size, 468U);
    EXPECT_EQ(reply.an, 1U);
    ASSERT_TRUE(reply.find(12));
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
    // The message itself is behind the limit here, so only the reply is checked.
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
