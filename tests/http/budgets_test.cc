// SPDX-License-Identifier: Apache-2.0
//
// A session and hostile clients: each budget ends it with GOAWAY and nothing more is taken.
#include <functional>

#include "tests/http/session_world.h"

namespace cenote::http {
namespace {

using namespace testing;

constexpr std::uint32_t kEnhanceYourCalm = 11;

class BudgetsTest : public ::testing::Test, public SessionWorld {
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
        EXPECT_EQ(client.count(kGoaway), 1U);
        EXPECT_EQ(client.error_of(kGoaway), error);
        EXPECT_TRUE(client.unread().empty());
        const std::size_t before = delivered.size();
        feed(get(99999, "/"));
        feed(frame(kPing, kNoFlag, 0, Bytes(8)));
        send();
        EXPECT_EQ(delivered.size(), before);
        EXPECT_EQ(client.frames.back().type, kGoaway) << "the last frame";
    }
};

TEST_F(BudgetsTest, RapidResets) {
    answers_at_once = false;
    begin();
    const auto rounds = feed_until_end(5000, [](std::size_t round) {
        const auto stream = static_cast<std::uint32_t>(2 * round + 1);
        return get(stream, "/") + frame(kReset, kNoFlag, stream, u32(8));
    });
    EXPECT_LT(rounds, 300U);
    EXPECT_GT(rounds, 100U) << "a browser that leaves a page resets many";
    expect_end(Ended::Resets);
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(BudgetsTest, ResetsThatTheServerIsMadeToSend) {  // CVE-2025-8671
    begin();
    const auto rounds = feed_until_end(5000, [](std::size_t round) {
        const auto stream = static_cast<std::uint32_t>(2 * round + 1);
        return frame(kHeaders, kEndHeaders, stream, block(request("POST", "/", {{"content-length", "5"}}))) +
               frame(kData, kEndStream, stream, {1});
    });
    EXPECT_LT(rounds, 300U);
    expect_end(Ended::Resets);
    EXPECT_TRUE(delivered.empty());
}

TEST_F(BudgetsTest, MalformedRequests) {
    begin();
    const auto rounds = feed_until_end(5000, [](std::size_t round) {
        return frame(kHeaders, kEndHeaders | kEndStream, static_cast<std::uint32_t>(2 * round + 1),
                     block({{":method", "GET"}, {"Upper", "case"}}));
    });
    EXPECT_LT(rounds, 300U);
    expect_end(Ended::Resets);
    EXPECT_TRUE(delivered.empty());
}

TEST_F(BudgetsTest, TheAllowanceComesBackWithTime) {
    answers_at_once = false;
    begin();
    for (std::uint32_t round = 0; round < 2000; ++round) {
        const std::uint32_t stream = 2 * round + 1;
        feed(get(stream, "/") + frame(kReset, kNoFlag, stream, u32(8)));
        now += milliseconds{50};
    }
    EXPECT_EQ(session->ended(), Ended::No);
}

struct Flood {
    const char* what;
    Bytes bytes;
};

class FloodTest : public BudgetsTest, public ::testing::WithParamInterface<Flood> {};

TEST_P(FloodTest, EndsTheSession) {
    begin();
    feed(frame(kHeaders, kEndHeaders, 1, block(request("POST", "/"))));
    const auto rounds = feed_until_end(5000, [](std::size_t) { return GetParam().bytes; });
    EXPECT_LT(rounds, 500U) << GetParam().what;
    expect_end(Ended::Frames);
}

INSTANTIATE_TEST_SUITE_P(All, FloodTest,
                         ::testing::Values(Flood{"SETTINGS", frame(kSettings, kNoFlag, 0, {})},
                                           Flood{"PING", frame(kPing, kNoFlag, 0, Bytes(8))},
                                           Flood{"PING answers", frame(kPing, kAck, 0, Bytes(8))},
                                           Flood{"PRIORITY", frame(kPriority, kNoFlag, 7, Bytes{0, 0, 0, 1, 16})},
                                           Flood{"WINDOW_UPDATE", frame(kWindowUpdate, kNoFlag, 0, u32(1))},
                                           Flood{"empty DATA", frame(kData, kNoFlag, 1, {})},
                                           Flood{"DATA of one byte", frame(kData, kNoFlag, 1, {7})},
                                           Flood{"DATA of padding", frame(kData, kPadded, 1, Bytes{199} + Bytes(199))}),
                         [](const auto& flood) {
                             std::string name = flood.param.what;
                             std::erase_if(name, [](char c) { return c == ' ' || c == '_'; });
                             return name;
                         });

TEST_F(BudgetsTest, FramesOfNoKnownTypeAreSkipped) {  // RFC 9113 §5.5
    begin();
    for (int i = 0; i < 1000; ++i) feed(frame(static_cast<Type>(0x42), kNoFlag, 0, Bytes(20)));
    feed(get(1, "/"));
    EXPECT_EQ(delivered.size(), 1U);
}

TEST_F(BudgetsTest, ManyFramesAtOnceAreStoppedEarly) {
    begin();
    Bytes bytes;
    for (int i = 0; i < 7000; ++i) bytes += frame(kPing, kNoFlag, 0, Bytes(8));
    feed(bytes);
    expect_end(Ended::Frames);
    EXPECT_LT(client.count(kPing), 600U);
}

TEST_F(BudgetsTest, Continuations) {
    begin();
    feed(frame(kHeaders, kEndStream, 1, block(request("GET", "/"))));
    const auto rounds = feed_until_end(1000, [](std::size_t) {
        return frame(kContinuation, kNoFlag, 1, block({{"a", "b"}}));
    });
    EXPECT_LT(rounds, 20U);
    expect_end(Ended::Fields);
    EXPECT_TRUE(delivered.empty());
}

TEST_F(BudgetsTest, FieldsThatGrowByIndex) {
    begin();
    Bytes fields = block(request("GET", "/"));
    fields.push_back(0x40);  // a literal that is indexed
    fields += literal("bomb");
    fields += literal(std::string(3900, 'x'));
    for (int i = 0; i < 10000; ++i) fields.push_back(0x80 | 62);  // the same again, a byte each
    feed(frame(kHeaders, kEndHeaders | kEndStream, 1, fields));
    expect_end(Ended::Fields);
    EXPECT_TRUE(delivered.empty());
}

TEST_F(BudgetsTest, ManyFields) {
    begin();
    Bytes fields = block(request("GET", "/"));
    for (int i = 0; i < 300; ++i) fields += block({{"a", "b"}});
    feed(frame(kHeaders, kEndHeaders | kEndStream, 1, fields));
    expect_end(Ended::Fields);
}

TEST_F(BudgetsTest, MoreStreamsThanAllowedAreRefused) {
    answers_at_once = false;
    begin();
    send();
    feed(frame(kSettings, kAck, 0, {}));
    for (std::uint32_t i = 0; i < 101; ++i) feed(get(2 * i + 1, "/"));
    send();
    EXPECT_EQ(delivered.size(), 100U);
    EXPECT_NE(session->streams(), 101U);
}

TEST_F(BudgetsTest, StreamsBeforeTheSettingsAreKnownAreRefusedOneByOne) {
    answers_at_once = false;
    begin();
    for (std::uint32_t i = 0; i < 103; ++i) feed(get(2 * i + 1, "/"));
    send();
    EXPECT_EQ(delivered.size(), 100U);
    EXPECT_EQ(client.count(kReset), 3U);
    EXPECT_EQ(client.error_of(kReset), 7U) << "REFUSED_STREAM: it may be sent again";
    EXPECT_EQ(session->take_notes().refused, 3U);
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(BudgetsTest, AFullPoolRefusesButEachSessionHasAFew) {
    answers_at_once = false;
    StreamPool& shared = pool;
    std::vector<Stream*> taken;
    for (std::uint32_t i = 0; i < 1000; ++i) taken.push_back(shared.take(i));
    begin();
    for (std::uint32_t i = 0; i < 10; ++i) feed(get(2 * i + 1, "/"));
    EXPECT_EQ(delivered.size(), StreamPool::kOwn);
    EXPECT_EQ(session->take_notes().refused, 10 - StreamPool::kOwn);
    for (Stream* stream : taken) shared.give_back(stream);
}

TEST_F(BudgetsTest, MemoryIsLimited) {
    answers_at_once = false;
    answer = Bytes(60000);
    begin();
    for (std::uint32_t i = 0; i < 20; ++i) feed(get(2 * i + 1, "/"));
    for (std::uint32_t i = 0; i < 20; ++i)
        session->respond(2 * i + 1, {.status = 200, .content_type = {}, .allow = {}, .body = answer}, now);
    EXPECT_EQ(session->ended(), Ended::Memory);
}

TEST_F(BudgetsTest, TooLittleMemoryForASession) {
    limits.memory_max = 1000;
    EXPECT_EQ(ServerSession::create(Version::Http2, limits, pool, *this, now), nullptr);
}

TEST_F(BudgetsTest, NoAllocationThatFailsBreaksASession) {
    for (std::size_t memory = 16000; memory < 60000; memory += 37) {
        limits.memory_max = memory;
        session = ServerSession::create(Version::Http2, limits, pool, *this, now);
        if (session == nullptr) continue;
        feed(preface());
        for (std::uint32_t i = 0; i < 20; ++i) feed(get(2 * i + 1, "/dns-query?dns=" + std::string(300, 'A')));
        Bytes space(70000);
        static_cast<void>(session->fill(space));
        feed(frame(kPing, kNoFlag, 0, Bytes(8)));
        static_cast<void>(session->fill(space));
    }
    session.reset();
    EXPECT_EQ(pool.in_use(), 0U);
}

TEST_F(BudgetsTest, RequestsThatStallAreReset) {
    begin();
    feed(frame(kHeaders, kEndHeaders, 1, block(request("POST", "/"))));
    feed(frame(kData, kNoFlag, 1, Bytes(20)));
    now += milliseconds{9000};
    session->expire(now);
    EXPECT_EQ(session->streams(), 1U);
    now += milliseconds{1001};
    session->expire(now);
    send();
    EXPECT_EQ(session->streams(), 0U);
    EXPECT_EQ(client.error_of(kReset), 8U);
    EXPECT_EQ(session->take_notes().stalled, 1U);
}

TEST_F(BudgetsTest, ResponsesThatStallAreResetAndWaitingOnesAreNot) {
    begin();
    feed(frame(kSettings, kNoFlag, 0, Bytes{0, 4} + u32(0)));  // no window
    feed(get(1, "/"));
    answers_at_once = false;
    feed(get(3, "/"));
    send();
    EXPECT_FALSE(client.responses[1].ended);
    now += milliseconds{10001};
    session->expire(now);
    send();
    EXPECT_EQ(session->streams(), 1U) << "stream 3 waits for us, not for the client";
    EXPECT_EQ(client.count(kReset), 1U);
}

TEST_F(BudgetsTest, OldVersionsGet505) {
    for (const std::string first :
         {"GET / HTTP/1.1\r\n\r\n", "POST /dns-query HTTP/1.1\r\n", "PUT / HTTP/1.0\r\n", "P"}) {
        start();
        feed(of_text(first));
        Bytes space(1000);
        const std::size_t size = session->fill(space);
        if (first == "P") {
            EXPECT_EQ(session->ended(), Ended::No) << "it may become PRI";
            continue;
        }
        EXPECT_EQ(session->ended(), Ended::Version) << first;
        EXPECT_EQ(std::string(space.begin(), space.begin() + 13), "HTTP/1.1 505 ");
        EXPECT_GT(size, 13U);
        EXPECT_EQ(session->fill(space), 0U);
    }
    start(Version::Http1);
    feed(preface());
    EXPECT_EQ(session->ended(), Ended::Version) << "it has not agreed on h2";
}

TEST_F(BudgetsTest, OtherProtocolsEndAtOnce) {
    for (const Bytes& first :
         {Bytes{0x16, 3, 1, 0, 5}, of_text("get /"), Bytes{0, 29, 0, 0}, of_text("PRI * HTTP/2.1")}) {
        start();
        feed(first);
        EXPECT_EQ(session->ended(), Ended::Protocol);
        Bytes space(1000);
        EXPECT_EQ(session->fill(space), 0U);
    }
}

TEST_F(BudgetsTest, BrokenFramesEndWithAnError) {
    for (const Bytes& bad :
         {frame(kData, kNoFlag, 0, {1}), frame(kHeaders, kEndHeaders, 2, block(request("GET", "/"))),
          frame(kPing, kNoFlag, 0, {1, 2, 3}), frame(kPushPromise, kEndHeaders, 1, Bytes(4)),
          frame(kContinuation, kEndHeaders, 1, {}), frame(kHeaders, kEndHeaders, 1, {0xff, 0xff, 0xff}),
          frame(kWindowUpdate, kNoFlag, 0, u32(0)), frame(kSettings, kAck, 0, Bytes(6))}) {
        ServerReader& reader = client;
        const std::size_t before = reader.count(kGoaway);
        begin();
        feed(bad);
        Bytes space(10000);
        const std::size_t size = session->fill(space);
        space.resize(size);
        EXPECT_EQ(session->ended(), Ended::Protocol) << "type " << int{bad[3]};
        reader.take(space);
        EXPECT_EQ(reader.count(kGoaway), before + 1) << "type " << int{bad[3]};
    }
    EXPECT_NE(client.error_of(kGoaway), kEnhanceYourCalm);
}

}  // namespace
}  // namespace cenote::http
