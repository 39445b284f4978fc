// SPDX-License-Identifier: Apache-2.0
//
// Streams without a known end, and replies with open files to a client that reads late.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <optional>

#include "tests/control/server_fixture.h"

namespace cenote::control {
namespace {

using testing::HasSubstr;

constexpr int kFileReplies = 120;

class StreamTest : public ServerTest {
protected:
    ~StreamTest() override { stop(); }  // before its members go, which the loop uses

    /// Several requests to one server: `follow` begins a stream, `more` and `last` go on with it, `peer` and `unread`
    /// tell what is seen of its client.
    void handle(const Peer& peer, const Request& request, const Reply& reply) override {
        if (request.verb == "follow") {
            stream_ = reply;
            reply.pace([this] { changes_.fetch_add(1); });
            return reply({.ok = true, .more = true, .error = {}, .data = ""});
        }
        if (request.verb == "more") {
            stream_({.ok = true,
                     .more = true,
                     .error = {},
                     .data = std::string(request.args.at("bytes").get<std::size_t>(), 'x')});
            return reply({});
        }
        if (request.verb == "last") {
            stream_({.ok = true, .more = false, .error = {}, .data = "end"});
            return reply({});
        }
        if (request.verb == "is-there")
            return reply({.ok = true, .more = false, .error = {}, .data = stream_.peer().has_value()});
        if (request.verb == "unread") return reply({.ok = true, .more = false, .error = {}, .data = stream_.unread()});
        if (request.verb == "changes") return reply({.ok = true, .more = false, .error = {}, .data = changes_.load()});
        if (request.verb == "many-files") return many_files(reply);
        ServerTest::handle(peer, request, reply);
    }

    /// Replies with up to four files each, all at once.
    void many_files(const Reply& reply) const {
        for (int i = 0; i < kFileReplies; ++i) {
            Response part{.ok = true, .more = i + 1 < kFileReplies, .error = {}, .data = std::string(4000, 'x')};
            for (int file = 0; file < i % 5; ++file) {
                const std::string name = fmt::format("{}-{}", i, file);
                std::ofstream(folder_ / name) << name;
                part.files.push_back(std::make_shared<const UniqueFd>(::open((folder_ / name).c_str(), O_RDONLY)));
                std::filesystem::remove(folder_ / name);
            }
            reply(part);
        }
    }

    static Json ask(ControlClient& client, const std::string& verb, Json args = Json::object()) {
        auto response = client.call({.verb = verb, .args = std::move(args)}, nullptr);
        EXPECT_TRUE(response.ok()) << response.error().text;
        return response.ok() ? response->data : Json();
    }

    /// Asks until the answer is as wanted.
    static void ask_until(ControlClient& client, const std::string& verb, const std::function<bool(const Json&)>& as) {
        while (!as(ask(client, verb))) {
        }
    }

    Reply stream_;
    std::atomic<int> changes_{0};
};

TEST_F(StreamTest, AReaderThatReadsLateKeepsItsStream) {
    Options options;
    options.unread_within = milliseconds{1};
    options.request_within = milliseconds{10'000};
    start(options);
    const UniqueFd late = raw();
    send_all(late, "{\"v\":1,\"verb\":\"follow\"}\n");
    const auto other = client();
    ask_until(*other, "is-there", [](const Json& there) { return there == true; });
    for (int i = 0; i < 40; ++i) ask(*other, "more", {{"bytes", 20'000}});
    const std::size_t unread = ask(*other, "unread").get<std::size_t>();
    EXPECT_GT(unread, 100'000U);
    for (int i = 0; i < 500; ++i) EXPECT_EQ(ask(*other, "unread"), unread) << "far longer than a millisecond";
    const int before = ask(*other, "changes").get<int>();
    auto all = std::async(std::launch::async, [&late] { return read_to_end(late); });
    ask_until(*other, "unread", [](const Json& left) { return left == 0; });
    ask_until(*other, "changes", [before](const Json& now) { return now.get<int>() > before; });
    ::shutdown(late.get(), SHUT_WR);
    ask(*other, "last");
    EXPECT_THAT(all.get(), testing::EndsWith("\"data\":\"end\",\"ok\":true,\"v\":1}\n"));
}

TEST_F(StreamTest, AClientThatLeavesIsNoticedWithoutAReply) {
    start({});
    const auto other = client();
    for (const bool half : {false, true}) {
        UniqueFd leaving = raw();
        send_all(leaving, "{\"v\":1,\"verb\":\"follow\"}\n");
        if (half) ::shutdown(leaving.get(), SHUT_WR);  // as nc -N does
        ask_until(*other, "is-there", [](const Json& there) { return there == true; });
        const int before = ask(*other, "changes").get<int>();
        leaving.reset();
        ask_until(*other, "is-there", [](const Json& there) { return there == false; });
        EXPECT_GT(ask(*other, "changes").get<int>(), before);
        ask(*other, "more", {{"bytes", 1}});  // goes nowhere
    }
}

TEST_F(StreamTest, AfterTheLastReplyTheLimitsHoldAgain) {
    Options options;
    options.unread_within = milliseconds{1};
    start(options);
    const UniqueFd silent = raw();
    send_all(silent, "{\"v\":1,\"verb\":\"follow\"}\n");
    const auto other = client();
    ask_until(*other, "is-there", [](const Json& there) { return there == true; });
    ask(*other, "more", {{"bytes", 900'000}});
    ask(*other, "last");
    ask_until(*other, "is-there", [](const Json& there) { return there == false; });
}

TEST_F(StreamTest, FilesStayWithTheirRepliesForAClientThatReadsLate) {
    start({});
    const auto reader = client();
    int number = 0;
    const auto check = [&number](const Response& part) {
        ASSERT_EQ(part.files.size(), static_cast<std::size_t>(number % 5)) << number;
        for (std::size_t i = 0; i < part.files.size(); ++i) {
            std::array<char, 16> text{};
            ASSERT_GT(::read(part.files[i]->get(), text.data(), text.size()), 0);
            EXPECT_EQ(std::string(text.data()), fmt::format("{}-{}", number, i));
        }
        ++number;
    };
    const auto last = reader->call({.verb = "many-files", .args = Json::object()}, check);
    ASSERT_TRUE(last.ok()) << last.error().text;
    check(*last);
    EXPECT_EQ(number, kFileReplies);
}

TEST_F(StreamTest, TheToolEndsWhenNobodyReadsItsOutput) {
    start({});
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    UniqueFd from(ends[0]);
    const UniqueFd to(ends[1]);
    EXPECT_FALSE(is_read_by_nobody(to.get()));
    const auto reader = client();
    reader->write_to(to.get());
    const auto last =
        reader->call({.verb = "follow", .args = Json::object()}, [&from](const Response&) { from.reset(); });
    ASSERT_FALSE(last.ok());
    EXPECT_THAT(last.error().text, HasSubstr("the output is closed"));
    EXPECT_TRUE(is_read_by_nobody(to.get()));
}

}  // namespace
}  // namespace cenote::control
