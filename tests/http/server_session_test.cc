// SPDX-License-Identifier: Apache-2.0
//
// A session and well-behaved clients: requests, responses, flow control, order and end.
#include "resolver/http/server_session.h"

#include "tests/http/session_world.h"

namespace cenote::http {
namespace {

using namespace testing;

class ServerSessionTest : public ::testing::Test, public SessionWorld {};

TEST_F(ServerSessionTest, AGetIsDeliveredAndAnswered) {
    begin();
    feed(get(1, "/dns-query?dns=AAAB"));
    send();
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].stream, 1U);
    EXPECT_EQ(delivered[0].method, Method::Get);
    EXPECT_EQ(delivered[0].target, "/dns-query?dns=AAAB");
    EXPECT_TRUE(delivered[0].body.empty());
    const auto& response = client.responses[1];
    EXPECT_EQ(response.fields.at(":status"), "200");
    EXPECT_EQ(response.fields.at("content-type"), "text/x");
    EXPECT_EQ(response.fields.at("content-length"), "9");
    EXPECT_FALSE(response.fields.contains("cache-control"));
    EXPECT_EQ(response.body, answer);
    EXPECT_TRUE(response.ended);
    EXPECT_EQ(session->streams(), 0U);
    EXPECT_EQ(pool.in_use(), 0U);
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ServerSessionTest, APostInPiecesIsDeliveredWhole) {
    begin();
    const Bytes body = of_text(std::string(5000, 'b'));
    Bytes bytes = frame(kHeaders, kEndHeaders, 1, block(request("POST", "/dns-query", {{"content-type", "a/b"}})));
    for (std::size_t at = 0; at < body.size(); at += 1000)
        bytes += frame(
            kData, at + 1000 == body.size() ? kEndStream : kNoFlag, 1,
            {body.begin() + static_cast<std::ptrdiff_t>(at), body.begin() + static_cast<std::ptrdiff_t>(at + 1000)});
    for (const std::uint8_t byte : bytes) {
        ASSERT_TRUE(delivered.empty());
        feed({byte});
    }
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].method, Method::Post);
    EXPECT_EQ(delivered[0].content_type, "a/b");
    EXPECT_EQ(delivered[0].body, body);
}

TEST_F(ServerSessionTest, ResponsesLeaveInTheOrderInWhichTheyAreReady) {
    answers_at_once = false;
    begin();
    for (const std::uint32_t stream : {1U, 3U, 5U}) feed(get(stream, "/" + std::to_string(stream)));
    ASSERT_EQ(delivered.size(), 3U);
    for (const std::uint32_t stream : {5U, 1U, 3U})
        EXPECT_TRUE(session->respond(stream, {.status = 200, .content_type = {}, .allow = {}, .body = answer}, now));
    send();
    std::vector<std::uint32_t> order;
    for (const ReadFrame& each : client.frames)
        if (each.type == kHeaders) order.push_back(each.stream);
    EXPECT_EQ(order, (std::vector<std::uint32_t>{5, 1, 3}));
    EXPECT_FALSE(session->respond(5, {}, now)) << "it has been answered";
    EXPECT_FALSE(session->respond(7, {}, now)) << "there was no such request";
}

TEST_F(ServerSessionTest, AnAgeIsWrittenWhereTheResponseIsFresh) {
    answers_at_once = false;
    begin();
    feed(get(1, "/"));
    session->respond(
        1, {.status = 200, .content_type = {}, .allow = {}, .fresh = true, .max_age_s = 4294967295, .body = answer},
        now);
    send();
    EXPECT_EQ(client.responses[1].fields.at("cache-control"), "private, max-age=4294967295");
}

TEST_F(ServerSessionTest, HeadHasTheFieldsOfGetAndNoBody) {
    begin();
    feed(frame(kHeaders, kEndHeaders | kEndStream, 1, block(request("HEAD", "/"))));
    send();
    EXPECT_EQ(client.responses[1].fields.at("content-length"), "9");
    EXPECT_TRUE(client.responses[1].body.empty());
    EXPECT_TRUE(client.responses[1].ended);
}

TEST_F(ServerSessionTest, ARequestMayExcludeTheMediaTypeOfResponses) {
    begin();
    std::uint32_t stream = 1;
    for (const Fields& accept : {Fields{}, Fields{{"accept", "text/*"}}, Fields{{"accept", "a/b"}, {"accept", "*/*"}},
                                 Fields{{"accept", "a/b"}}, Fields{{"accept", "text/x;q=0"}, {"accept", "*/*"}}}) {
        feed(frame(kHeaders, kEndHeaders | kEndStream, stream, block(request("GET", "/", accept))));
        stream += 2;
    }
    ASSERT_EQ(delivered.size(), 5U);
    for (std::size_t i = 0; i < delivered.size(); ++i) EXPECT_EQ(delivered[i].acceptable, i < 3) << i;
}

TEST_F(ServerSessionTest, OtherMethodsAreDeliveredAsSuch) {
    begin();
    feed(frame(kHeaders, kEndHeaders | kEndStream, 1, block(request("PUT", "/"))));
    feed(frame(kHeaders, kEndHeaders | kEndStream, 3, block({{":method", "CONNECT"}, {":authority", "a.example:53"}})));
    ASSERT_EQ(delivered.size(), 2U);
    EXPECT_EQ(delivered[0].method, Method::Other);
    EXPECT_EQ(delivered[1].method, Method::Other);
    EXPECT_EQ(delivered[1].target, "");
}

TEST_F(ServerSessionTest, ASessionThatHasRestedGoesOn) {
    begin();
    for (std::uint32_t stream = 1; stream < 9; stream += 2) {
        answer = of_text("an answer of stream " + std::to_string(stream));
        feed(get(stream, "/" + std::to_string(stream)));
        send();
        EXPECT_EQ(client.responses[stream].body, answer);
        EXPECT_EQ(session->streams(), 0U);
        session->rest();
        session->rest();
        send();
    }
    EXPECT_EQ(delivered.size(), 4U);
    EXPECT_EQ(delivered[3].target, "/7");
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ServerSessionTest, ASessionWithSomethingToDoDoesNotRest) {
    answers_at_once = false;
    begin();
    send();
    feed(get(1, "/"));
    session->rest();
    answer = Bytes(3000, 7);
    session->respond(1, {.status = 200, .content_type = "text/x", .allow = {}, .body = answer}, now);
    Bytes some(100);  // a part of a frame
    const std::size_t size = session->fill(some);
    client.take({some.begin(), some.begin() + static_cast<std::ptrdiff_t>(size)});
    session->rest();
    send();
    EXPECT_EQ(client.responses[1].body, answer);
}

TEST_F(ServerSessionTest, ALargeResponseWaitsForTheWindow) {
    answer = of_text(std::string(65000, 'r'));
    begin();
    const Bytes small_window = Bytes{0, 4} + u32(100);  // SETTINGS_INITIAL_WINDOW_SIZE
    feed(frame(kSettings, kNoFlag, 0, small_window));
    feed(get(1, "/"));
    send();
    EXPECT_EQ(client.responses[1].body.size(), 100U);
    EXPECT_FALSE(client.responses[1].ended);
    feed(frame(kWindowUpdate, kNoFlag, 1, u32(70000)));
    send();
    EXPECT_EQ(client.responses[1].body, answer);
    EXPECT_TRUE(client.responses[1].ended);
}

TEST_F(ServerSessionTest, AStreamThatTheClientResetsIsForgotten) {
    answers_at_once = false;
    begin();
    feed(get(1, "/"));
    feed(frame(kReset, kNoFlag, 1, u32(8)));
    EXPECT_EQ(session->streams(), 0U);
    EXPECT_FALSE(session->respond(1, {.status = 200, .content_type = {}, .allow = {}, .body = answer}, now));
    feed(get(3, "/"));
    EXPECT_TRUE(session->respond(3, {.status = 200, .content_type = {}, .allow = {}, .body = answer}, now));
    send();
    EXPECT_FALSE(client.responses.contains(1));
    EXPECT_TRUE(client.responses[3].ended);
}

TEST_F(ServerSessionTest, AClientThatStillSendsIsToldToStop) {
    limits.body_max = 1000;
    begin();
    feed(frame(kHeaders, kEndHeaders, 1, block(request("POST", "/", {{"content-length", "100000000"}}))));
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].fault, Fault::BodyTooLarge);
    send();
    EXPECT_TRUE(client.responses[1].ended);
    EXPECT_EQ(client.error_of(kReset), 0U) << "NO_ERROR: the response is valid";
    EXPECT_EQ(session->streams(), 0U);
}

TEST_F(ServerSessionTest, FaultsAreThoseOfTheRequest) {
    limits.body_max = 1000;
    begin();
    feed(get(1, "/" + std::string(3000, 'p')));
    feed(frame(kHeaders, kEndStream, 3, block(request("GET", "/", {{"a", std::string(16000, 'a')}}))));
    feed(frame(kContinuation, kEndHeaders, 3, block({{"b", std::string(2000, 'b')}})));
    feed(frame(kHeaders, kEndHeaders, 5, block(request("POST", "/"))));
    feed(frame(kData, kNoFlag, 5, Bytes(600)));
    feed(frame(kData, kEndStream, 5, Bytes(600)));
    ASSERT_EQ(delivered.size(), 3U);
    EXPECT_EQ(delivered[0].fault, Fault::TargetTooLong);
    EXPECT_EQ(delivered[1].fault, Fault::FieldsTooLarge);
    EXPECT_EQ(delivered[2].fault, Fault::BodyTooLarge);
    send();
    EXPECT_EQ(session->ended(), Ended::No);
}

TEST_F(ServerSessionTest, TrailersChangeNothing) {
    begin();
    feed(frame(kHeaders, kEndHeaders, 1, block(request("POST", "/"))));
    feed(frame(kData, kNoFlag, 1, of_text("abc")));
    feed(frame(kHeaders, kEndHeaders | kEndStream, 1, block({{"content-type", "late/type"}})));
    ASSERT_EQ(delivered.size(), 1U);
    EXPECT_EQ(delivered[0].body, of_text("abc"));
    EXPECT_EQ(delivered[0].content_type, "");
}

TEST_F(ServerSessionTest, AnAnnouncedEndStillServes) {
    begin();
    session->announce_end();
    send();
    EXPECT_EQ(client.count(kGoaway), 1U);
    feed(get(1, "/"));
    send();
    EXPECT_EQ(status_of(1), "200");
    session->finish();
    send();
    ASSERT_EQ(client.count(kGoaway), 2U);
    EXPECT_EQ(load_u32(client.frames.back().payload.data()), 1U) << "the last stream that was served";
    EXPECT_EQ(client.error_of(kGoaway), 0U);
}

TEST_F(ServerSessionTest, AClientThatLeavesIsLetGo) {
    begin();
    feed(frame(kGoaway, kNoFlag, 0, u32(0) + u32(0)));
    EXPECT_EQ(session->ended(), Ended::Left);
}

TEST_F(ServerSessionTest, SettingsSayWhatIsAllowed) {
    begin();
    send();
    ASSERT_FALSE(client.frames.empty());
    EXPECT_EQ(client.frames[0].type, kSettings);
    const Bytes expected = Bytes{0, 3} + u32(100) + Bytes{0, 6} + u32(16384) + Bytes{0, 9} + u32(1);
    EXPECT_EQ(client.frames[0].payload, expected);
}

}  // namespace
}  // namespace cenote::http
