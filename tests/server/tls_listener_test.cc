// SPDX-License-Identifier: Apache-2.0
//
// StreamListener with TLS on loopback: which handshakes begin, and when a connection without one is closed.
#include <csignal>
#include <future>
#include <optional>
#include <thread>

#include "resolver/server/stream_listener.h"
#include "tests/server/fixture.h"
#include "tests/support/certificate.h"
#include "tests/support/tls_peer.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using test::TlsPeer;
using testing::connected;
using testing::framed;
using testing::id_of;
using testing::local_query;
using testing::nothing_to_read;
using testing::pending_query;
using testing::read_some;

class TlsListenerTest : public ::testing::Test, public testing::World, public transfer::Outlet {
protected:
    TlsListenerTest() {
        ::signal(SIGPIPE, SIG_IGN);
        SSL_CTX_set_verify(client_context_, SSL_VERIFY_NONE, nullptr);
        options.tcp_connections_max = 20;
    }
    ~TlsListenerTest() override { SSL_CTX_free(client_context_); }

    void load_certificate() {
        const auto pair = test::make_certificate_pair("dns.example", -3600, 3600);
        tls.publish(loop::TlsServer::create(pair.chain, pair.key, loop::TicketKeys::create()).value());
    }
    StreamListener& start() {
        listener = std::make_unique<StreamListener>(loop, sockets, options, *engine, recorder, nullptr, *this, tls);
        return *listener;
    }
    [[nodiscard]] SSL_CTX* client_context() const { return client_context_; }
    [[nodiscard]] UniqueFd connect() const { return connected(sockets.at(0).endpoint.address, SOCK_STREAM); }
    /// Runs the loop while a client does its part in another thread.
    void run_while(const std::function<void(TlsPeer&)>& of_client) {
        TlsPeer peer(connect(), client_context_);
        auto done = std::async(std::launch::async, [&] { of_client(peer); });
        while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    }

    Options options;
    std::vector<ListenSocket> sockets = testing::opened({{testing::address("127.0.0.1:0"), Protocol::Tls}});
    Published<loop::TlsServer> tls{nullptr};
    std::unique_ptr<StreamListener> listener;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override { listener->send(to, bytes); }
    void put_part(transfer::Part part) noexcept override { listener->send_part(part); }

    SSL_CTX* client_context_ = SSL_CTX_new(TLS_client_method());
};

TEST_F(TlsListenerTest, QueriesAreAnsweredAndCountedByTransport) {
    load_certificate();
    start();
    run_while([](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        for (std::uint16_t id = 0; id < 5; ++id) {
            peer.write(framed(local_query(id)));
            EXPECT_EQ(id_of(peer.read_message()), id);
        }
    });
    EXPECT_EQ(counted(Counter::QueriesTls), 5U);
    EXPECT_EQ(counted(Counter::QueriesTcp), 0U);
    EXPECT_EQ(counted(Counter::TlsFull), 1U);
}

TEST_F(TlsListenerTest, WithoutACertificateConnectionsAreClosed) {
    start();
    const UniqueFd refused = connect();
    run_until([&] { return counted(Counter::TlsRefused) == 1; });
    EXPECT_TRUE(read_some(refused.get()).empty());
    load_certificate();
    TlsPeer begun(connect(), client_context());
    auto done = std::async(std::launch::async, [&] { return begun.connect(); });
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    EXPECT_TRUE(done.get());
    tls.publish(nullptr);
    const UniqueFd again = connect();
    run_until([&] { return counted(Counter::TlsRefused) == 2; });
    EXPECT_EQ(listener->open(), 1U) << "a connection stays that has begun";
}

TEST_F(TlsListenerTest, AClientHasOnlySoManyHandshakesUnderWay) {
    options.tls_handshakes_per_client_max = 2;
    load_certificate();
    start();
    const std::array idle{connect(), connect()};
    run_until([&] { return listener->open() == 2; });
    const UniqueFd third = connect();
    run_until([&] { return counted(Counter::TlsRefused) == 1; });
    EXPECT_TRUE(read_some(third.get()).empty());
    ASSERT_EQ(::shutdown(idle[0].get(), SHUT_RDWR), 0);
    run_until([&] { return listener->open() == 1; });
    EXPECT_EQ(counted(Counter::TlsFailed), 1U);
    run_while([](TlsPeer& peer) { EXPECT_TRUE(peer.connect()); });
    run_while([](TlsPeer& peer) { EXPECT_TRUE(peer.connect()) << "the one before is over"; });
}

TEST_F(TlsListenerTest, AHandshakeThatTakesTooLongIsEnded) {
    options.tls_handshake = milliseconds{0};
    load_certificate();
    start();
    const UniqueFd silent = connect();
    run_until([&] { return listener->open() == 1; });
    run_until([&] { return listener->open() == 0; });
    EXPECT_EQ(counted(Counter::TlsFailed), 1U);
    EXPECT_TRUE(read_some(silent.get()).empty());
}

TEST_F(TlsListenerTest, AFullHandshakeTableDoesNotCloseOtherConnections) {
    options.tcp_connections_max = 400;
    options.tcp_per_client_max = 400;
    options.tls_handshakes_per_client_max = 400;
    load_certificate();
    start();
    TlsPeer early(connect(), client_context());
    auto done = std::async(std::launch::async, [&] {
        EXPECT_TRUE(early.connect());
        early.write(framed(local_query(1)));
        return early.read_message();
    });
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    EXPECT_EQ(id_of(done.get()), 1);
    const std::uint32_t rounds = 3 * TlsGate::kHandshakesPerSpan;
    for (std::uint32_t i = 0; i < rounds; ++i) {
        const UniqueFd brief = connect();
        ::shutdown(brief.get(), SHUT_RDWR);
    }
    run_until([&] { return counted(Counter::TlsFailed) == rounds; });
    EXPECT_GT(counted(Counter::TlsDeferred), 0U);
    EXPECT_EQ(listener->open(), 1U);
}

TEST_F(TlsListenerTest, TooManyHandshakesDoNotDelayTcp) {
    sockets = testing::opened(
        {{testing::address("127.0.0.1:0"), Protocol::Tls}, {testing::address("127.0.0.1:0"), Protocol::Tcp}});
    options.tcp_connections_max = 400;
    options.tcp_per_client_max = 400;
    options.tls_handshakes_per_client_max = 400;
    load_certificate();
    start();
    std::vector<UniqueFd> handshakes;
    for (std::uint32_t i = 0; i < 2 * TlsGate::kHandshakesPerSpan; ++i) handshakes.push_back(connect());
    run_until([&] { return counted(Counter::TlsDeferred) > 0; });
    const std::uint64_t before = counted(Counter::TcpConnections);
    const UniqueFd plain = connected(sockets.at(1).endpoint.address, SOCK_STREAM);
    settle();
    EXPECT_GT(counted(Counter::TcpConnections), before);
}

TEST_F(TlsListenerTest, ALateReplyGoesOverTls) {
    load_certificate();
    start();
    TlsPeer peer(connect(), client_context());
    auto done = std::async(std::launch::async, [&] {
        EXPECT_TRUE(peer.connect());
        peer.write(framed(pending_query(9, "late.example")));
        return peer.read_message();
    });
    run_until([this] { return forwarder->asked_count == 1; });
    answer_upstream(0);
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    EXPECT_EQ(id_of(done.get()), 9);
}

}  // namespace
}  // namespace cenote::server
