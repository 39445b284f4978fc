// SPDX-License-Identifier: Apache-2.0
//
// A session of a client and servers that keep to the rules: requests, responses, limits of the server, and ends.
#include "resolver/http/client_session.h"

#include "tests/http/client_world.h"

namespace cenote::http {
namespace {

using namespace testing;

constexpr std::uint32_t kRefusedStream = 7;
constexpr std::uint32_t kCancel = 8;
constexpr std::uint32_t kInternalError = 2;
constexpr std::uint16_t kMaxConcurrentStreams = 3;

class ClientSessionTest : public ::testing::Test, public ClientWorld {};

TEST_F(ClientSessionTest, ARequestIsWhole) {
    start();
    EXPECT_EQ(post("the body"), 1U);
    send();
    EXPECT_EQ(preface, kPreface);
    ASSERT_GE(server.frames.size(), 3U);
    EXPECT_EQ(server.frames[0].type, kSettings);
    auto& request = server.responses[1];
    EXPECT_EQ(request.fields, (std::map<std::string, std::string>{{":method", "POST"},
                                                                  {":scheme", "https"},
                                                                  {":authority", "dns.example:8443"},
                                                                  {":path", "/dns-query"},
                                                                  {"accept", "a/b"},
                                                                  {"content-type", "a/b"},
                                                                  {"content-length", "8"}}));
    EXPECT_EQ(request.body, of_text("the body"));
    EXPECT_TRUE(request.ended);
    EXPECT_TRUE(server.unread().empty());
}

TEST_F(ClientSessionTest, PushIsTurnedOff) {
    start();
    send();
    const Bytes& payload = server.frames.at(0).payload;
    bool found = false;
    for (std::size_t at = 0; at + 6 <= payload.size(); at += 6)
        found = found || (load_u16(&payload[at]) == 2 && load_u32(&payload[at + 2]) == 0);
    EXPECT_TRUE(found);
}

TEST_F(ClientSessionTest, AResponseIsDelivered) {
    begin();
    EXPECT_EQ(post("asked"), 1U);
    send();
    feed(head(1, "200", {{"content-type", "a/b"}, {"age", "17"}, {"content-length", "6"}, {"server", "x"}}) +
         data(1, of_text("answer")));
    const Result got = result(1);
    EXPECT_FALSE(got.lost);
    EXPECT_EQ(got.status, 200U);
    EXPECT_EQ(got.content_type, "a/b");
    EXPECT_EQ(got.age_s, 17U);
    EXPECT_EQ(got.body, of_text("answer"));
    EXPECT_EQ(got.request, "asked");
    EXPECT_EQ(session->streams(), 0U);
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ClientSessionTest, AResponseInPiecesIsDeliveredOnceAndWhole) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    const std::string body(5000, 'b');
    Bytes bytes = head(1, "200");
    for (std::size_t at = 0; at < body.size(); at += 1000)
        bytes += data(1, of_text(body.substr(at, 1000)), at + 1000 == body.size() ? kEndStream : kNoFlag);
    for (const std::uint8_t byte : bytes) {
        ASSERT_TRUE(results.empty());
        feed({byte});
    }
    EXPECT_EQ(result(1).body, of_text(body));
}

TEST_F(ClientSessionTest, TheLargestBody) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "200", {{"content-type", "a/b"}, {"content-length", "65535"}}));
    for (std::size_t left = 65535; left > 0;) {
        const std::size_t some = std::min<std::size_t>(left, 16384);
        left -= some;
        feed(data(1, Bytes(some, 'x'), left == 0 ? kEndStream : kNoFlag));
        send();
    }
    EXPECT_EQ(result(1).body, Bytes(65535, 'x'));
}

TEST_F(ClientSessionTest, ResponsesComeInAnyOrder) {
    begin();
    for (int i = 0; i < 3; ++i) post("request " + std::to_string(i));
    send();
    feed(response(5, "c") + response(1, "a") + response(3, "b"));
    EXPECT_EQ(result(1).request, "request 0");
    EXPECT_EQ(result(1).body, of_text("a"));
    EXPECT_EQ(result(3).request, "request 1");
    EXPECT_EQ(result(3).body, of_text("b"));
    EXPECT_EQ(result(5).request, "request 2");
    EXPECT_EQ(result(5).body, of_text("c"));
}

TEST_F(ClientSessionTest, AStatusOfAnyKindIsDeliveredAndNothingIsFollowed) {
    begin();
    for (const char* status : {"302", "400", "404", "500", "503"}) {
        const std::uint32_t stream = post();
        send();
        feed(head(stream, status, {{"location", "https://other.example/"}}, kEndHeaders | kEndStream));
        EXPECT_EQ(std::to_string(result(stream).status), status);
        EXPECT_TRUE(result(stream).body.empty());
    }
    send();
    EXPECT_EQ(server.responses.size(), 5U) << "no request but those that were given";
}

TEST_F(ClientSessionTest, InterimResponsesAndTrailersAreSkipped) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "103", {{"content-type", "text/html"}, {"age", "9"}}) + head(1, "200") +
         data(1, of_text("answer"), kNoFlag) +
         frame(kHeaders, kEndHeaders | kEndStream, 1, block({{"age", "99"}, {"content-type", "c/d"}})));
    EXPECT_EQ(result(1).status, 200U);
    EXPECT_EQ(result(1).content_type, "a/b");
    EXPECT_EQ(result(1).age_s, 0U);
    EXPECT_EQ(result(1).body, of_text("answer"));
}

TEST_F(ClientSessionTest, AnAgeThatIsNoNumberIsALongOne) {
    begin();
    EXPECT_EQ(post(), 1U);
    send();
    feed(head(1, "200", {{"content-type", "a/b"}, {"age", "99999999999999999999"}}) + data(1, {}));
    EXPECT_GT(result(1).age_s, 86400U);
}

TEST_F(ClientSessionTest, AForgottenStreamIsOpenUntilItsResponseAndDeliversNothing) {
    begin();
    EXPECT_EQ(post(), 1U);
    EXPECT_EQ(post(), 3U);
    send();
    session->forget(1);
    send();
    EXPECT_EQ(server.count(kReset), 0U) << "servers count resets against a client";
    EXPECT_EQ(session->streams(), 2U);
    feed(response(1, "late") + response(3, "wanted"));
    EXPECT_TRUE(results[1].empty());
    EXPECT_EQ(result(3).body, of_text("wanted"));
    EXPECT_EQ(session->streams(), 0U);
}

TEST_F(ClientSessionTest, ARequestThatIsForgottenBeforeItIsSent) {
    begin();
    EXPECT_EQ(post("first"), 1U);
    session->forget(1);
    session->forget(1);
    session->forget(99);
    EXPECT_EQ(post("second"), 3U);
    send();
    feed(response(1, "a") + response(3, "b"));
    EXPECT_TRUE(results[1].empty());
    EXPECT_EQ(result(3).request, "second");
}

TEST_F(ClientSessionTest, AResultMayAskAndForget) {
    begin();
    EXPECT_EQ(post("first"), 1U);
    EXPECT_EQ(post("second"), 3U);
    send();
    on_result = [this](std::uint32_t stream) {
        if (stream != 1) return;
        session->forget(1);
        session->forget(3);
        EXPECT_EQ(post("third"), 5U);
        send();
    };
    feed(response(1, "a") + response(3, "b"));
    EXPECT_EQ(result(1).body, of_text("a"));
    EXPECT_TRUE(results[3].empty());
    feed(response(5, "c"));
    EXPECT_EQ(result(5).request, "third");
    EXPECT_EQ(session->streams(), 0U);
}

TEST_F(ClientSessionTest, TheNumberOfStreamsIsThatOfTheServer) {
    limits.streams_max = 10;
    begin();
    feed(settings(kMaxConcurrentStreams, 2));
    EXPECT_NE(post(), 0U);
    EXPECT_TRUE(session->takes_more());
    EXPECT_NE(post(), 0U);
    EXPECT_FALSE(session->takes_more());
    EXPECT_EQ(post(), 0U);
    send();
    feed(response(1, "a"));
    EXPECT_TRUE(session->takes_more());
    EXPECT_NE(post(), 0U);
    feed(settings(kMaxConcurrentStreams, 1000));
    for (int i = 0; i < 8; ++i) EXPECT_NE(post(), 0U);
    EXPECT_EQ(post(), 0U) << "the limit of the client";
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ClientSessionTest, AServerThatAllowsNoStreamIsNotAsked) {
    begin();
    feed(settings(kMaxConcurrentStreams, 0));
    EXPECT_FALSE(session->takes_more());
    EXPECT_EQ(post(), 0U);
}

TEST_F(ClientSessionTest, StreamsAboveTheLastOfAGoawayAreUnprocessedAndOthersFinish) {
    begin();
    for (int i = 0; i < 3; ++i) post();
    send();
    feed(goaway(3));
    EXPECT_TRUE(result(5).lost);
    EXPECT_EQ(result(5).why, Loss::Unprocessed);
    EXPECT_TRUE(results[1].empty() && results[3].empty());
    EXPECT_FALSE(session->takes_more());
    EXPECT_EQ(session->ended(), Ended::No);
    feed(response(1, "a"));
    feed(response(3, "b"));
    EXPECT_EQ(result(1).body, of_text("a"));
    EXPECT_EQ(result(3).body, of_text("b"));
    send();
    EXPECT_EQ(session->ended(), Ended::Left);
}

TEST_F(ClientSessionTest, AnAnnouncedEndLosesNothing) {
    begin();
    post();
    send();
    feed(goaway(0x7fffffff));
    EXPECT_FALSE(session->takes_more());
    EXPECT_TRUE(results.empty());
    feed(goaway(1) + response(1, "a"));
    EXPECT_EQ(result(1).body, of_text("a"));
}

TEST_F(ClientSessionTest, ARequestThatWaitsWhenTheServerLeavesIsUnprocessed) {
    begin();
    EXPECT_EQ(post(), 1U);  // not sent yet
    feed(goaway(0));
    send();
    session->deliver();
    EXPECT_EQ(result(1).why, Loss::Unprocessed);
    EXPECT_EQ(server.count(kHeaders), 0U);
}

TEST_F(ClientSessionTest, ARefusedStreamIsUnprocessedAndAnyOtherResetIsNot) {
    begin();
    for (int i = 0; i < 4; ++i) post();
    send();
    feed(reset(1, kRefusedStream));
    feed(reset(3, kInternalError));
    feed(reset(5, kCancel));
    feed(head(7, "200") + reset(7, kRefusedStream));
    EXPECT_EQ(result(1).why, Loss::Unprocessed);
    EXPECT_EQ(result(3).why, Loss::Reset);
    EXPECT_EQ(result(5).why, Loss::Reset);
    EXPECT_EQ(result(7).why, Loss::Reset) << "it had begun to answer";
    for (const auto& [stream, all] : results) EXPECT_TRUE(all.front().lost) << stream;
    EXPECT_EQ(session->streams(), 0U);
    EXPECT_EQ(session->ended(), Ended::No);
    EXPECT_TRUE(session->takes_more());
}

TEST_F(ClientSessionTest, AWholeResponseBeforeAResetCounts) {  // RFC 9113 §8.1
    begin();
    post();
    send();
    feed(response(1, "a") + reset(1, 0));
    EXPECT_EQ(result(1).body, of_text("a"));
}

TEST_F(ClientSessionTest, LeavingIsAnnounced) {
    begin();
    post();
    send();
    session->leave();
    send();
    EXPECT_EQ(server.count(kGoaway), 1U);
    EXPECT_EQ(server.error_of(kGoaway), 0U);
    EXPECT_EQ(session->ended(), Ended::Left);
    EXPECT_EQ(post(), 0U);
    feed(response(1, "a"));
    EXPECT_TRUE(results.empty()) << "nothing is taken once a session has ended";
}

TEST_F(ClientSessionTest, ManyRequestsOneAfterTheOther) {
    begin();
    for (std::uint32_t i = 0; i < 5000; ++i) {
        ASSERT_EQ(post(), 2 * i + 1);
        send();
        // What a server may send for each: its windows, a header section, a body.
        feed(frame(kWindowUpdate, kNoFlag, 0, u32(100)) + frame(kWindowUpdate, kNoFlag, 2 * i + 1, u32(100)) +
             response(2 * i + 1, "a"));
        ASSERT_EQ(session->ended(), Ended::No) << i;
        ASSERT_EQ(result(2 * i + 1).body, of_text("a"));
    }
}

TEST_F(ClientSessionTest, AMemoryThatDoesNotSufficeIsSaid) {
    limits.memory_max = 100;
    EXPECT_EQ(ClientSession::create({"a", "/", "a/b"}, limits, *this, now), nullptr);
}

TEST(MediaType, IsComparedWithoutCaseAndParameters) {
    EXPECT_TRUE(is_media_type("application/dns-message", "application/dns-message"));
    EXPECT_TRUE(is_media_type("Application/DNS-Message ; q=1", "application/dns-message"));
    EXPECT_FALSE(is_media_type("application/dns-message2", "application/dns-message"));
    EXPECT_FALSE(is_media_type("application/dns-json", "application/dns-message"));
    EXPECT_FALSE(is_media_type("", "application/dns-message"));
    EXPECT_FALSE(is_media_type(";application/dns-message", "application/dns-message"));
}

}  // namespace
}  // namespace cenote::http
