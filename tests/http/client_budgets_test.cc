// SPDX-License-Identifier: Apache-2.0
//
// A session of a client and hostile servers: each budget ends it with GOAWAY and nothing more is taken; what concerns
// one stream alone ends that stream.
#include <functional>

#include "tests/http/client_world.h"

namespace cenote::http {
namespace {

using namespace testing;

constexpr std::uint32_t kEnhanceYourCalm = 11;

class ClientBudgetsTest : public ::testing::Test, public ClientWorld {
protected:
    /// Feeds until the session ends; the number of rounds that it took, `most` where it did not end.
    std::size_t feed_until_end(std::size_t most, const std::function<Bytes(std::size_t round)>& make) {
        for (std::size_t round = 0; round < most; ++round) {
            feed(make(round));
            send();
            if (session->ended() != Ended::No) return round;
        }
        return most;
    }
    void expect_end(Ended why, std::uint32_t error = kEnhanceYourCalm) {
        send();
        EXPECT_EQ(session->ended(), why);
        EXPECT_EQ(server.count(kGoaway), 1U);
        EXPECT_EQ(server.error_of(kGoaway), error);
        const std::size_t before = results.size();
        EXPECT_EQ(post(), 0U);
        feed(response(1, "late"));
        feed(frame(kPing, kNoFlag, 0, Bytes(8)));
        send();
        EXPECT_EQ(results.size(), before);
        EXPECT_EQ(server.frames.back().type, kGoaway) << "the last frame";
    }
    /// A stream that was lost, while the session goes on.
    void expect_lost(std::uint32_t stream, Loss why) {
        send();
        EXPECT_TRUE(result(stream).lost);
        EXPECT_EQ(result(stream).why, why);
        EXPECT_EQ(session->ended(), Ended::No);
        EXPECT_EQ(session->streams(), 0U);
        const std::uint32_t next = post();
        ASSERT_NE(next, 0U);
        send();
        feed(response(next, "after"));
        EXPECT_EQ(result(next).body, of_text("after"));
    }
};

struct Flood {
    const char* what;
    Bytes bytes;
};

class ClientFloodTest : public ClientBudgetsTest, public ::testing::WithParamInterface<Flood> {};

TEST_P(ClientFloodTest, EndsTheSession) {
    begin();
    EXPECT_EQ(post(), 1U);
    EXPECT_EQ(post(), 3U);
    send();
    feed(head(1, "200"));
    const auto rounds = feed_until_end(5000, [](std::size_t) { return GetParam().bytes; });
    EXPECT_LT(rounds, 500U) << GetParam().what;
    expect_end(Ended::Frames);
    EXPECT_LT(server.count(kPing) + server.count(kSettings), 600U);
}

INSTANTIATE_TEST_SUITE_P(All, ClientFloodTest,
                         ::testing::Values(Flood{"SETTINGS", frame(kSettings, kNoFlag, 0, {})},
                                           Flood{"PING", frame(kPing, kNoFlag, 0, Bytes(8))},
                                           Flood{"PING answers", frame(kPing, kAck, 0, Bytes(8))},
                                           Flood{"PRIORITY", frame(kPriority, kNoFlag, 7, Bytes{0, 0, 0, 1, 16})},
                                           Flood{"WINDOW_UPDATE", frame(kWindowUpdate, kNoFlag, 0, u32(1))},
                                           Flood{"empty DATA", data(1, {}, kNoFlag)},
                                           Flood{"DATA of one byte", data(1, {7}, kNoFlag)},
                                           Flood{"DATA of padding", data(1, Bytes{199} + Bytes(199), kPadded)}),
                         [](const auto& flood) {
                             std::string name = flood.param.what;
                             std::erase_if(name, [](char c) { return c == ' ' || c == '_'; });
                             return name;
                         });

TEST_F(ClientBudgetsTest, ResetsOfEachRequest) {
    begin();
    const auto rounds = feed_until_end(5000, [this](std::size_t) {
        const std::uint32_t stream = post();
        send();
        return reset(stream, 2);
    });
    EXPECT_LT(rounds, 500U);
    expect_end(Ended::Frames);
}

TEST_F(ClientBudgetsTest, AnswersGiveTheAllowanceBack) {
    begin();
    for (int round = 0; round < 2000; ++round) {
        const std::uint32_t stream = post();
        ASSERT_NE(stream, 0U) << round;
        send();
        feed(frame(kPing, kNoFlag, 0, Bytes(8)) + response(stream, "a"));
    }
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ClientBudgetsTest, ManyFramesAtOnceAreStoppedEarly) {
    begin();
    Bytes bytes;
    for (int i = 0; i < 7000; ++i) bytes += frame(kPing, kNoFlag, 0, Bytes(8));
    feed(bytes);
    EXPECT_NE(session->ended(), Ended::No);
    send();
    EXPECT_LT(server.count(kPing), 900U);
}

TEST_F(ClientBudgetsTest, Continuations) {  // CVE-2024-28182
    begin();
    post();
    send();
    feed(frame(kHeaders, kNoFlag, 1, block({{":status", "200"}})));
    const auto rounds = feed_until_end(1000, [](std::size_t) {
        return frame(kContinuation, kNoFlag, 1, block({{"a", "b"}}));
    });
    EXPECT_LT(rounds, 20U);
    EXPECT_EQ(session->ended(), Ended::Fields);
    EXPECT_TRUE(results.empty());
}

TEST_F(ClientBudgetsTest, FieldsThatGrowByIndex) {
    begin();
    post();
    send();
    Bytes fields = block({{":status", "200"}});
    fields.push_back(0x40);  // a literal that is indexed
    fields += literal("bomb");
    fields += literal(std::string(3900, 'x'));
    for (int i = 0; i < 16000; ++i) fields.push_back(0x80 | 62);  // the newest field of the dynamic table
    ASSERT_LE(fields.size(), 16384U + 4096U);
    const std::size_t first = 16000;
    feed(frame(kHeaders, kNoFlag, 1, {fields.begin(), fields.begin() + first}) +
         frame(kContinuation, kEndHeaders, 1, {fields.begin() + first, fields.end()}));
    EXPECT_EQ(session->ended(), Ended::Fields);
    EXPECT_EQ(result(1).why, Loss::TooLarge);
}

TEST_F(ClientBudgetsTest, ALargeHeaderSectionEndsItsStream) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    Fields fields{{"content-type", "a/b"}};
    for (int i = 0; i < 6; ++i) fields.emplace_back("x", std::string(2900, 'x'));
    const Bytes block_of = block({{":status", "200"}}) + block(fields);
    feed(frame(kHeaders, kNoFlag, 1, {block_of.begin(), block_of.begin() + 10000}) +
         frame(kContinuation, kEndHeaders, 1, {block_of.begin() + 10000, block_of.end()}));
    expect_lost(1, Loss::TooLarge);
    EXPECT_EQ(server.count(kReset), 1U);
}

TEST_F(ClientBudgetsTest, ABodyThatIsAnnouncedTooLargeEndsItsStream) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "200", {{"content-length", "104857600"}}));
    expect_lost(1, Loss::TooLarge);
    EXPECT_EQ(server.count(kReset), 1U);
}

TEST_F(ClientBudgetsTest, ABodyWithoutEndEndsItsStream) {
    limits.body_max = 20000;
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "200"));
    for (int i = 0; i < 3 && results.empty(); ++i) feed(data(1, Bytes(10000), kNoFlag));
    expect_lost(1, Loss::TooLarge);
    EXPECT_EQ(server.count(kReset), 1U);
    feed(data(1, Bytes(10000), kNoFlag));
    EXPECT_EQ(session->ended(), Ended::No) << "what was on its way";
}

TEST_F(ClientBudgetsTest, ABodyOfAnotherLengthThanAnnounced) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "200", {{"content-length", "5"}}) + data(1, of_text("four")));
    expect_lost(1, Loss::Reset);
    EXPECT_EQ(post(), 5U);
    send();
    feed(head(5, "200", {{"content-length", "5"}}) + data(5, of_text("longer than five"), kNoFlag));
    send();
    EXPECT_TRUE(result(5).lost);
}

TEST_F(ClientBudgetsTest, ResponsesThatBreakARuleEndTheirStream) {
    begin();
    const std::vector<Bytes> heads{block({{"content-type", "a/b"}}),             // no status
                                   block({{":status", "2x0"}}),                  // no number
                                   block({{":status", "200"}, {"Upper", "x"}}),  // RFC 9113 §8.2.1
                                   block({{"a", "b"}, {":status", "200"}}),
                                   block({{":status", "200"}, {":path", "/"}}),
                                   block({{":status", "200"}, {"connection", "close"}})};
    for (const Bytes& each : heads) {
        const std::uint32_t stream = post();
        ASSERT_NE(stream, 0U);
        send();
        feed(frame(kHeaders, kEndHeaders, stream, each) + data(stream, of_text("a")));
        send();
        EXPECT_TRUE(result(stream).lost);
    }
    EXPECT_EQ(session->ended(), Ended::No);
    EXPECT_EQ(session->streams(), 0U);
}

TEST_F(ClientBudgetsTest, ABodyWithoutAHeadEndsTheSession) {
    begin();
    post();
    send();
    feed(data(1, of_text("a")));
    send();
    EXPECT_EQ(session->ended(), Ended::Protocol);
    EXPECT_EQ(server.count(kGoaway), 1U);
}

TEST_F(ClientBudgetsTest, InterimResponsesWithoutEnd) {
    begin();
    post();
    send();
    const auto rounds = feed_until_end(5000, [](std::size_t) { return head(1, "103", {}); });
    EXPECT_LT(rounds, 500U);
    expect_end(Ended::Fields);
    EXPECT_TRUE(results.empty());
}

TEST_F(ClientBudgetsTest, ManyLargeBodiesEndTheSession) {
    limits.memory_max = 256 << 10;
    begin();
    for (int i = 0; i < 20; ++i) post();
    send();
    for (std::uint32_t i = 0; i < 20 && session->ended() == Ended::No; ++i)
        feed(head(2 * i + 1, "200") + data(2 * i + 1, Bytes(3000), kNoFlag));
    EXPECT_EQ(session->ended(), Ended::Memory);
}

TEST_F(ClientBudgetsTest, APushedResponseEndsTheSession) {
    begin();
    post();
    send();
    feed(frame(kPushPromise, kEndHeaders, 1, u32(2) + block(request("GET", "/pushed"))) + response(2, "pushed"));
    EXPECT_EQ(session->ended(), Ended::Protocol);
    EXPECT_TRUE(results.empty());
}

TEST_F(ClientBudgetsTest, StreamsThatWereNeverBegunEndTheSession) {
    begin();
    feed(head(7, "200"));
    send();
    EXPECT_EQ(session->ended(), Ended::Protocol);
    EXPECT_EQ(server.count(kGoaway), 1U);
}

TEST_F(ClientBudgetsTest, OtherProtocolsEndTheSession) {
    for (const Bytes& bytes : {of_text("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"),
                               Bytes{0x15, 3, 1, 0, 2, 2, 70}, Bytes(2000, 0xff)}) {
        server.frames.clear();
        start();
        feed(bytes);
        send();
        const bool waits = bytes.size() < 9;
        EXPECT_EQ(session->ended() == Ended::No, waits);
    }
}

}  // namespace
}  // namespace cenote::http
