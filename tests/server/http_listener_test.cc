// SPDX-License-Identifier: Apache-2.0
//
// StreamListener with HTTP/2 on loopback: who may connect, what is answered, and the counter of each limit.
#include <array>
#include <functional>
#include <future>
#include <thread>
#include <utility>

#include "resolver/server/stream_listener.h"
#include "tests/http/frames.h"
#include "tests/server/fixture.h"
#include "tests/support/certificate.h"
#include "tests/support/proxy_header.h"
#include "tests/support/tls_peer.h"

namespace cenote::server {
namespace {

using namespace http::testing;
using telemetry::Counter;
using testing::connected;
using testing::id_of;
using testing::local_query;
using testing::pending_query;
using testing::read_some;
using testing::write_all;

const Fields kType{{"content-type", "application/dns-message"}};

Bytes post(std::uint32_t stream, const Bytes& query) {
    return frame(kHeaders, kEndHeaders, stream, block(request("POST", "/dns-query", kType))) +
           frame(kData, kEndStream, stream, query);
}

class HttpListenerTest : public ::testing::Test, public testing::World, public transfer::Outlet {
protected:
    HttpListenerTest() {
        options.tcp_connections_max = 20;
        options.proxies = {Prefix::parse("127.0.0.0/8").value()};
    }

    void start() {
        proxies = std::make_unique<Proxies>(options.proxies);
        listener =
            std::make_unique<StreamListener>(loop, sockets, options, *engine, recorder, nullptr, *this, tls, *proxies);
    }
    /// A client behind a proxy.
    [[nodiscard]] UniqueFd connect_silently() const {
        UniqueFd fd = connected(sockets.at(0).endpoint.address, SOCK_STREAM);
        write_all(fd.get(), test::proxy_header_of("192.0.2.7:4711"));
        return fd;
    }
    /// One that has begun.
    [[nodiscard]] UniqueFd connect() const {
        UniqueFd fd = connect_silently();
        write_all(fd.get(), preface());
        return fd;
    }
    /// Reads until the condition holds, or the connection ends.
    template <typename Condition>
    void read_until(const UniqueFd& fd, ServerReader& into, Condition condition) {
        while (!condition()) {
            settle();
            Bytes bytes(65536);
            const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN)) return;
            if (got < 0) continue;
            bytes.resize(static_cast<std::size_t>(got));
            into.take(bytes);
        }
    }
    ServerReader::Read answer_to(const UniqueFd& fd, std::uint32_t stream) {
        read_until(fd, reader, [&] { return reader.responses[stream].ended; });
        return reader.responses[stream];
    }
    /// Sends the same again and again until the server ends; the counter that moved.
    void expect_end(Counter counter, const std::function<Bytes(std::uint32_t round)>& make,
                    std::uint32_t rounds = 600) {
        const std::uint64_t before = counted(counter);
        const UniqueFd fd = connect();
        for (std::uint32_t round = 0; round < rounds && counted(counter) == before; ++round) {
            const Bytes bytes = make(round);
            if (::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) break;
            settle();
        }
        run_until([&] { return counted(counter) > before; });
        EXPECT_EQ(counted(counter), before + 1);
        ServerReader last;
        read_until(fd, last, [&] { return last.count(kGoaway) > 0; });
        EXPECT_EQ(last.count(kGoaway), 1U);
    }

    Options options;
    std::vector<ListenSocket> sockets = testing::opened({{testing::address("127.0.0.1:0"), Protocol::H2c}});
    Published<loop::TlsServer> tls{nullptr};
    ServerReader reader;
    std::unique_ptr<Proxies> proxies;
    std::unique_ptr<StreamListener> listener;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override { listener->send(to, bytes); }
    void put_part(transfer::Part part) noexcept override { listener->send_part(part); }
};

/// A policy in which the group `lab` is restricted, and has tokens.
policy::Options with_tokens(std::vector<std::string_view> tokens) {
    policy::Options made;
    made.groups.resize(1);
    made.groups[0].id = "lab";
    made.groups[0].tokens = "lab.tokens";
    for (const auto token : tokens) made.groups[0].token_digests.push_back(policy::digest_of_token(token));
    auto directive = engine::testing::directive("d1", policy::Step::Restrict, {"service:deepseek"});
    directive.groups = {"lab"};
    made.directives = {directive};
    return made;
}

TEST_F(HttpListenerTest, ATokenPutsARequestIntoItsGroupAndAnUnknownOneIsNotFound) {
    const std::string token = "5f2b9c0e7a1d4386b2f09d5e6c7a8140";
    const std::string other = "0c66e0d5b1f94a2f8d3e7b5a69c81f24";
    in_force(with_tokens({token}));
    start();
    const UniqueFd fd = connect();
    std::uint32_t stream = 1;
    const auto status_for = [&](const std::string& path, const std::string& method = "POST") {
        const Bytes query = engine::testing::query_bytes({.name = "deepseek.com"});
        write_all(fd.get(), frame(kHeaders, kEndHeaders, stream, block(request(method, path, kType))) +
                                frame(kData, kEndStream, stream, query));
        const auto answer = answer_to(fd, std::exchange(stream, stream + 2));
        return answer.fields.at(":status");
    };
    EXPECT_EQ(status_for("/dns-query/" + token), "200") << "sinkholed, so answered at once";
    EXPECT_EQ(status_for("/dns-query/" + other), "404");
    EXPECT_EQ(status_for("/dns-query/" + other, "PUT"), "404") << "whatever else is wrong";
    EXPECT_EQ(status_for("/dns-query/" + token, "PUT"), "405");
    EXPECT_EQ(status_for("/dns-query/" + token.substr(1)), "404");
    EXPECT_EQ(forwarder->asked_count, 0U);
    in_force(with_tokens({other}));
    EXPECT_EQ(status_for("/dns-query/" + token), "404") << "the file has it no more";
    EXPECT_EQ(status_for("/dns-query/" + other), "200");
    EXPECT_EQ(counted(Counter::HttpNotFound), 4U);
    // Without a token it is forwarded: its address is in no group.
    write_all(fd.get(), post(stream, engine::testing::query_bytes({.name = "deepseek.com"})));
    run_until([this] { return forwarder->asked_count == 1; });
}

TEST_F(HttpListenerTest, QueriesAreAnsweredAndCountedByTransport) {
    start();
    const UniqueFd fd = connect();
    for (std::uint32_t i = 0; i < 5; ++i) {
        write_all(fd.get(), post(2 * i + 1, local_query(static_cast<std::uint16_t>(i))));
        const auto answer = answer_to(fd, 2 * i + 1);
        EXPECT_EQ(answer.fields.at(":status"), "200");
        EXPECT_EQ(answer.fields.at("content-type"), "application/dns-message");
        EXPECT_EQ(answer.fields.at("content-length"), std::to_string(answer.body.size()));
        EXPECT_EQ(id_of(answer.body), i);
    }
    EXPECT_EQ(counted(Counter::QueriesHttps), 5U);
    EXPECT_EQ(counted(Counter::HttpOk), 5U);
    EXPECT_EQ(counted(Counter::TcpConnections), 1U);
}

TEST_F(HttpListenerTest, LateRepliesFindTheirStream) {
    start();
    const UniqueFd fd = connect();
    write_all(fd.get(), post(1, pending_query(7, "one.example")) + post(3, pending_query(8, "two.example")));
    run_until([this] { return forwarder->asked_count == 2; });
    answer_upstream(1);
    EXPECT_EQ(id_of(answer_to(fd, 3).body), 8);
    EXPECT_FALSE(reader.responses[1].ended);
    answer_upstream(0);
    const auto first = answer_to(fd, 1);
    EXPECT_EQ(id_of(first.body), 7);
    EXPECT_EQ(first.fields.at("cache-control"), "private, max-age=300");
}

TEST_F(HttpListenerTest, AReplyWhoseStreamIsGoneIsDropped) {
    start();
    const UniqueFd fd = connect();
    write_all(fd.get(), post(1, pending_query(7, "one.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    write_all(fd.get(), frame(kReset, kNoFlag, 1, u32(8)) + post(3, local_query(9)));
    EXPECT_EQ(id_of(answer_to(fd, 3).body), 9);
    answer_upstream(0);
    write_all(fd.get(), post(5, local_query(10)));
    EXPECT_EQ(id_of(answer_to(fd, 5).body), 10);
    EXPECT_FALSE(reader.responses.contains(1));
}

TEST_F(HttpListenerTest, OnlyProxiesMayConnect) {
    options.proxies = {Prefix::parse("192.0.2.0/24").value()};
    start();
    const UniqueFd fd = connect_silently();
    run_until([this] { return counted(Counter::HttpNotProxy) == 1; });
    EXPECT_TRUE(read_some(fd.get()).empty());
    EXPECT_EQ(listener->open(), 0U);
}

TEST_F(HttpListenerTest, EachStatusIsCounted) {
    start();
    const UniqueFd fd = connect();
    const auto headers = [](std::uint32_t stream, const Fields& fields) {
        return frame(kHeaders, kEndHeaders | kEndStream, stream, block(fields));
    };
    write_all(fd.get(), headers(1, request("GET", "/dns-query")) + headers(3, request("GET", "/")) +
                            headers(5, request("PUT", "/dns-query")) +
                            headers(7, request("GET", "/dns-query?dns=" + std::string(1600, 'A'))) +
                            headers(9, request("POST", "/dns-query")));
    const std::array<const char*, 5> expected{"400", "404", "405", "414", "415"};
    for (std::uint32_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(answer_to(fd, 2 * i + 1).fields.at(":status"), expected[i]);
    for (const Counter counter : {Counter::HttpBadRequest, Counter::HttpNotFound, Counter::HttpBadMethod,
                                  Counter::HttpTargetTooLong, Counter::HttpBadType})
        EXPECT_EQ(counted(counter), 1U);
    write_all(fd.get(),
              frame(kHeaders, kEndHeaders, 13,
                    block(request("POST", "/dns-query",
                                  {{"content-type", "application/dns-message"}, {"content-length", "70000"}}))));
    EXPECT_EQ(answer_to(fd, 13).fields.at(":status"), "413");
    EXPECT_EQ(counted(Counter::HttpBodyTooLarge), 1U);
    write_all(fd.get(), frame(kHeaders, kEndHeaders, 15,
                              block(request("POST", "/dns-query",
                                            {{"content-type", "application/dns-message"}, {"accept", "text/html"}}))) +
                            frame(kData, kEndStream, 15, local_query(1)));
    EXPECT_EQ(answer_to(fd, 15).fields.at(":status"), "406");
    EXPECT_EQ(counted(Counter::HttpNotAcceptable), 1U);
    write_all(fd.get(), frame(kHeaders, kEndStream, 17, block(request("GET", "/", {{"a", std::string(16000, 'a')}}))) +
                            frame(kContinuation, kEndHeaders, 17, block({{"b", std::string(2000, 'b')}})));
    EXPECT_EQ(answer_to(fd, 17).fields.at(":status"), "431");
    EXPECT_EQ(counted(Counter::HttpFieldsTooLarge), 1U);
}

TEST_F(HttpListenerTest, EachFloodIsCounted) {
    start();
    expect_end(Counter::HttpResetFlood, [](std::uint32_t round) {
        const std::uint32_t stream = 2 * round + 1;
        return frame(kHeaders, kEndHeaders, stream, block(request("POST", "/dns-query"))) +
               frame(kReset, kNoFlag, stream, u32(8));
    });
    expect_end(Counter::HttpFrameFlood, [](std::uint32_t) { return frame(kPing, kNoFlag, 0, Bytes(8)); });
    expect_end(Counter::HttpFieldFlood, [](std::uint32_t round) {
        return round == 0 ? frame(kHeaders, kEndStream, 1, block(request("GET", "/")))
                          : frame(kContinuation, kNoFlag, 1, block({{"a", "b"}}));
    });
    expect_end(Counter::HttpBadProtocol, [](std::uint32_t) { return frame(kData, kNoFlag, 0, Bytes(1)); });
    expect_end(
        Counter::HttpMemoryFull,
        [](std::uint32_t round) {
            return frame(kHeaders, kEndHeaders, 2 * round + 1, block(request("POST", "/dns-query", kType))) +
                   frame(kData, kNoFlag, 2 * round + 1, Bytes(3000));
        },
        90);
}

TEST_F(HttpListenerTest, OldVersionsAreToldSo) {
    start();
    const UniqueFd fd = connect_silently();
    write_all(fd.get(), of_text("GET / HTTP/1.1\r\n\r\n"));
    run_until([this] { return counted(Counter::HttpBadVersion) == 1; });
    settle();
    const Bytes answer = read_some(fd.get());
    EXPECT_EQ(std::string(answer.begin(), answer.end()).substr(0, 13), "HTTP/1.1 505 ");
    EXPECT_TRUE(read_some(fd.get()).empty()) << "nothing more comes";
    ::shutdown(fd.get(), SHUT_RDWR);
    run_until([this] { return listener->open() == 0; });
}

TEST_F(HttpListenerTest, AClientThatIsToldToLeaveIsClosedAfterAWhile) {
    start();
    const UniqueFd fd = connect_silently();
    write_all(fd.get(), of_text("GET / HTTP/1.1\r\n\r\n"));
    run_until([this] { return counted(Counter::TcpIdleClosed) == 1; });
    EXPECT_EQ(listener->open(), 0U);
}

TEST_F(HttpListenerTest, StreamsThatStallOrAreTooManyAreCounted) {
    options.http_streams_max = 2;
    options.http_stall = milliseconds{0};
    start();
    const UniqueFd fd = connect();
    write_all(fd.get(), frame(kHeaders, kEndHeaders, 1, block(request("POST", "/dns-query", kType))));
    run_until([this] { return counted(Counter::HttpStreamsStalled) == 1; });
    Bytes many;
    for (std::uint32_t stream = 3; stream < 11; stream += 2) many += post(stream, pending_query(1, "one.example"));
    const UniqueFd other = connect();
    write_all(other.get(), many);
    run_until([this] { return counted(Counter::HttpStreamsRefused) == 2; });
}

TEST_F(HttpListenerTest, AnIdleClientIsClosedWithAGoodbye) {
    options.tcp_idle = milliseconds{0};
    start();
    const UniqueFd fd = connect();
    run_until([this] { return counted(Counter::TcpIdleClosed) == 1; });
    read_until(fd, reader, [&] { return reader.count(kGoaway) == 1; });
    EXPECT_EQ(reader.error_of(kGoaway), 0U);
}

TEST_F(HttpListenerTest, AServerThatStopsSaysSoAndServesTheRest) {
    start();
    const UniqueFd fd = connect();
    write_all(fd.get(), post(1, pending_query(7, "one.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    listener->stop();
    read_until(fd, reader, [&] { return reader.count(kGoaway) == 1; });
    answer_upstream(0);
    EXPECT_EQ(id_of(answer_to(fd, 1).body), 7);
    listener->close_all();
    read_until(fd, reader, [&] { return reader.count(kGoaway) == 2; });
    EXPECT_EQ(load_u32(reader.frames.back().payload.data()), 1U);
}

TEST_F(HttpListenerTest, ThroughTlsTheClientHasToAgreeOnH2) {
    sockets = testing::opened({{testing::address("127.0.0.1:0"), Protocol::Https}});
    options.proxies = {};
    const auto pair = test::make_certificate_pair("dns.example", -3600, 3600);
    tls.publish(loop::TlsServer::create(pair.chain, pair.key, loop::TicketKeys::create()).value());
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    start();
    for (const std::string alpn : {"\x02h2", "\x08http/1.1", ""}) {
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const std::uint8_t*>(alpn.data()),
                                static_cast<unsigned>(alpn.size()));
        test::TlsPeer peer(connected(sockets.at(0).endpoint.address, SOCK_STREAM), context);
        std::string received;
        auto done = std::async(std::launch::async, [&] {
            EXPECT_TRUE(peer.connect());
            peer.write(preface() + post(1, local_query(5)));
            std::array<char, 4096> some{};
            for (int got = 1; got > 0 && received.find("application") == std::string::npos;) {
                got = SSL_read(peer.session(), some.data(), static_cast<int>(some.size()));
                if (got > 0) received.append(some.data(), static_cast<std::size_t>(got));
                if (received.size() > 60) break;
            }
        });
        while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
        EXPECT_EQ(received.starts_with("HTTP/1.1 505 "), alpn != "\x02h2") << alpn;
    }
    SSL_CTX_free(context);
    EXPECT_EQ(counted(Counter::QueriesHttps), 1U);
    EXPECT_EQ(counted(Counter::HttpBadVersion), 2U);
    EXPECT_EQ(counted(Counter::TlsFull), 3U);
}

}  // namespace
}  // namespace cenote::server
