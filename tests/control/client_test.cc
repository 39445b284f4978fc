// SPDX-License-Identifier: Apache-2.0
//
// A client's patience, and streams that it follows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/control/server_fixture.h"

namespace cenote::control {
namespace {

class ClientTest : public ServerTest {
protected:
    ClientTest() { start({}); }

    void handle(const Peer& peer, const Request& request, const ControlServer::Reply& reply) override {
        if (request.verb == "as") return reply({.ok = true, .more = false, .error = {}, .data = request.as});
        if (request.verb != "drip") return ServerTest::handle(peer, request, reply);
        dripping_ = reply;  // no other reply comes
        reply({.ok = true, .more = true, .error = {}, .data = "first"});
    }

    [[nodiscard]] std::unique_ptr<ControlClient> client_with(Patience patience) const {
        auto client = ControlClient::connect(socket(), patience);
        EXPECT_TRUE(client.ok());
        return client.ok() ? std::move(*client) : nullptr;
    }

    ControlServer::Reply dripping_;
};

TEST_F(ClientTest, ADaemonThatDoesNotAnswerIsGivenUp) {
    const auto answer = client_with({.first = milliseconds{20}})->call({.verb = "later"}, nullptr);
    ASSERT_FALSE(answer);
    EXPECT_THAT(answer.error().text, testing::HasSubstr("the daemon did not answer within 0 s"));
}

TEST_F(ClientTest, SoIsOneThatDoesNotGoOn) {
    std::vector<std::string> parts;
    const auto answer = client_with({.next = milliseconds{20}})->call({.verb = "drip"}, [&](const Response& part) {
        parts.push_back(part.data.get<std::string>());
    });
    EXPECT_FALSE(answer);
    EXPECT_THAT(parts, testing::ElementsAre("first"));
}

TEST_F(ClientTest, AStreamIsFollowedToItsEnd) {
    int parts = 0;
    const auto ended = client_with({})->follow({.verb = "count"}, [&](const Response* part) {
        if (part != nullptr) ++parts;
        return true;
    });
    EXPECT_TRUE(ended);
    EXPECT_EQ(parts, 3);
}

TEST_F(ClientTest, AStreamTicksWhileNothingComesAndIsLeft) {
    std::vector<bool> ticks;
    const auto ended = client_with({})->follow({.verb = "drip"}, [&](const Response* part) {
        ticks.push_back(part == nullptr);
        return part != nullptr;
    });
    EXPECT_TRUE(ended);
    EXPECT_THAT(ticks, testing::ElementsAre(false, true));
}

TEST_F(ClientTest, ARefusedStreamIsAnError) {
    const auto ended = client_with({})->follow({.verb = "none"}, [](const Response*) { return true; });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().text, "no verb 'none'");
}

TEST_F(ClientTest, TheSessionTravelsBesideTheVerb) {
    const auto answer = client_with({})->call({.verb = "as", .args = Json::object(), .as = "abc"}, nullptr);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->data, "abc");
}

TEST(SessionOfARequest, IsAShortText) {
    EXPECT_EQ(decode_request(R"({"v":1,"verb":"x","as":"abc"})")->as, "abc");
    EXPECT_EQ(decode_request(R"({"v":1,"verb":"x"})")->as, "");
    EXPECT_FALSE(decode_request(R"({"v":1,"verb":"x","as":1})"));
    EXPECT_FALSE(decode_request(R"({"v":1,"verb":"x","as":""})"));
    EXPECT_FALSE(decode_request(R"({"v":1,"verb":"x","as":")" + std::string(kSessionBytesMax + 1, 'a') + "\"}"));
}

}  // namespace
}  // namespace cenote::control
