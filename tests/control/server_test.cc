// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <future>

#include "tests/control/server_fixture.h"

namespace cenote::control {
namespace {

using testing::HasSubstr;

TEST_F(ServerTest, AnswersARequest) {
    start({});
    const auto response = client()->call({.verb = "echo", .args = {{"name", "example.com"}}}, nullptr);
    ASSERT_TRUE(response.ok()) << response.error().text;
    EXPECT_TRUE(response->ok);
    EXPECT_EQ(response->data, (Json{{"name", "example.com"}}));
}

TEST_F(ServerTest, KnowsWhoAsks) {
    start({});
    EXPECT_FALSE(call(*client(), "who").data.get<std::string>().empty());
}

TEST_F(ServerTest, ErrorsReachTheClient) {
    start({});
    const auto connection = client();
    EXPECT_EQ(call(*connection, "nonsense").error, "no verb 'nonsense'");
    EXPECT_THAT(call(*connection, "number").error, HasSubstr("number: "));  // the Json of the handler has thrown
    EXPECT_TRUE(call(*connection, "echo").ok);                              // the connection stays open
}

TEST_F(ServerTest, OpenFilesTravelBesideAReply) {
    start({});
    const auto connection = client();
    for (int i = 0; i < 2; ++i) {
        const Response response = call(*connection, "files");
        EXPECT_EQ(response.data, 2);
        std::string content;
        ASSERT_EQ(response.files.size(), 2U);
        for (const auto& file : response.files) {
            char text[8];
            const ssize_t got = ::read(file->get(), text, sizeof text);
            content.append(text, static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        }
        EXPECT_EQ(content, "onetwo");
        EXPECT_TRUE(call(*connection, "echo").files.empty());
    }
    const UniqueFd careless = raw();  // a client that expects none
    send_all(careless, "{\"v\":1,\"verb\":\"files\"}\n");
    ::shutdown(careless.get(), SHUT_WR);
    EXPECT_THAT(read_to_end(careless), HasSubstr("\"data\":2"));
}

TEST_F(ServerTest, StreamsUntilTheLastReply) {
    start({});
    const auto connection = client();
    std::vector<int> seen;
    const auto last = connection->call({.verb = "count", .args = Json::object()},
                                       [&seen](const Response& more) { seen.push_back(more.data.get<int>()); });
    ASSERT_TRUE(last.ok()) << last.error().text;
    EXPECT_EQ(seen, (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(last->data, "end");
    EXPECT_EQ(call(*connection, "echo").data, Json::object());  // the second reply was not sent
}

TEST_F(ServerTest, AReplyMayComeLater) {
    start({});
    const UniqueFd patient = raw();
    send_all(patient, encode(Request{.verb = "later", .args = Json::object()}));
    // A later request is answered later: the replies of one connection are in the order of its requests.
    send_all(patient, encode(Request{.verb = "echo", .args = {{"n", 2}}}));
    ::shutdown(patient.get(), SHUT_WR);
    const auto other = client();
    while (true) {  // until the server has read the first request
        (void)call(*other, "now");
        pollfd state{.fd = patient.get(), .events = POLLIN, .revents = 0};
        if (::poll(&state, 1, 0) == 1) break;
    }
    const std::string replies = read_to_end(patient);
    EXPECT_EQ(replies, encode(Response{.ok = true, .more = false, .error = {}, .data = "at last"}) +
                           encode(Response{.ok = true, .more = false, .error = {}, .data = {{"n", 2}}}));
}

TEST_F(ServerTest, AReplyForAClientThatLeftGoesNowhere) {
    start({});
    {
        const UniqueFd hasty = raw();
        send_all(hasty, encode(Request{.verb = "later", .args = Json::object()}));
    }
    const auto other = client();
    EXPECT_TRUE(call(*other, "now").ok);
    EXPECT_TRUE(call(*other, "echo").ok);
}

TEST_F(ServerTest, ManyRequestsInOnePacketAreAnsweredInOrder) {
    start({});
    const UniqueFd fd = raw();
    std::string requests;
    std::string expected;
    for (int i = 0; i < 5000; ++i) {
        requests += encode(Request{.verb = "echo", .args = {{"n", i}}});
        expected += encode(Response{.ok = true, .more = false, .error = {}, .data = {{"n", i}}});
    }
    auto replies = std::async(std::launch::async, [&fd] { return read_to_end(fd); });
    send_all(fd, requests);
    ::shutdown(fd.get(), SHUT_WR);
    EXPECT_EQ(replies.get(), expected);
}

TEST_F(ServerTest, SeveralClientsAtOnce) {
    start({});
    std::vector<std::unique_ptr<ControlClient>> clients;
    for (int i = 0; i < 20; ++i) clients.push_back(client());
    for (const auto& one : clients) EXPECT_TRUE(call(*one, "echo").ok);
}

TEST_F(ServerTest, OneClientTooManyIsTold) {
    Options options;
    options.clients_max = 2;
    options.kept_for_admins = options.kept_for_root = 0;
    start(options);
    const auto first = client();
    const auto second = client();
    EXPECT_TRUE(call(*first, "echo").ok);
    EXPECT_TRUE(call(*second, "echo").ok);
    EXPECT_THAT(call(*client(), "echo").error, HasSubstr("2 clients are connected already"));
    EXPECT_EQ(server_->refused(), 1U);
}

TEST_F(ServerTest, GarbageEndsOnlyItsOwnConnection) {
    start({});
    const auto good = client();
    for (const std::string& garbage : {std::string("hello\n"), std::string("\0\xff\x80\n", 4),
                                       std::string("{\"v\":1}\n"), std::string("[[[[[[\n")}) {
        const UniqueFd fd = raw();
        send_all(fd, garbage);
        const auto reply = decode_response(read_to_end(fd));
        ASSERT_TRUE(reply.ok()) << reply.error().text;
        EXPECT_FALSE(reply->ok);
        EXPECT_FALSE(reply->error.empty());
    }
    EXPECT_TRUE(call(*good, "echo").ok);
}

TEST_F(ServerTest, ALineWithoutEndIsRefused) {
    start({});
    const UniqueFd fd = raw();
    auto reply = std::async(std::launch::async, [&fd] { return read_to_end(fd); });
    send_all(fd, std::string(2 * kLineMax, 'x'));
    EXPECT_THAT(reply.get(), HasSubstr("longer than"));
}

TEST_F(ServerTest, AnAnswerThatIsTooLongIsAnError) {
    start({});
    EXPECT_THAT(call(*client(), "large").error, HasSubstr("too long"));
}

TEST_F(ServerTest, SilentClientsAreClosed) {
    Options options;
    options.request_within = milliseconds{1};
    start(options);
    const UniqueFd fd = raw();
    EXPECT_EQ(read_to_end(fd), "");  // returns because the server has closed the connection
}

TEST_F(ServerTest, BytesThatTrickleInDoNotProlongTheWaitForARequest) {
    Options options;
    options.request_within = milliseconds{20};
    start(options);
    const UniqueFd fd = raw();
    std::size_t sent = 0;
    while (::send(fd.get(), "x", 1, MSG_NOSIGNAL) == 1 && sent <= kLineMax) ++sent;
    EXPECT_LE(sent, kLineMax);
    EXPECT_EQ(read_to_end(fd), "");  // there is no reply to a line that is too long
}

TEST_F(ServerTest, TheSocketGoesWithTheServer) {
    start({});
    ASSERT_TRUE(std::filesystem::exists(socket()));
    stop();
    EXPECT_FALSE(std::filesystem::exists(socket()));
    const auto late = ControlClient::connect(socket());
    ASSERT_FALSE(late.ok());
    EXPECT_THAT(late.error().text, HasSubstr("no cenoted listens on " + socket().string()));
}

TEST_F(ServerTest, AServerThatDiesLeavesTheClientWithAnError) {
    start({});
    const auto connection = client();
    EXPECT_TRUE(call(*connection, "echo").ok);
    stop();
    const auto response = connection->call({.verb = "echo", .args = Json::object()}, nullptr);
    ASSERT_FALSE(response.ok());
    EXPECT_THAT(response.error().text, HasSubstr(socket().string()));
}

TEST_F(ServerTest, ApplyTakesNewGroups) {
    start({});
    const auto connection = client();
    EXPECT_TRUE(call(*connection, "echo").ok);
    stop_.notify();
    thread_.join();
    Options options;
    options.admins = {"root"};
    options.socket = "/somewhere/else";
    server_->apply(options);
    thread_ = std::thread([this] { loop_.run(); });
    EXPECT_TRUE(call(*connection, "echo").ok);
    EXPECT_TRUE(std::filesystem::exists(socket()));  // the socket file remains
}

}  // namespace
}  // namespace cenote::control
