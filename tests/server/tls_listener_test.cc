// SPDX-License-Identifier: Apache-2.0
//
// StreamListener with TLS on loopback: which handshakes begin, and when a connection without one is closed.
#include <csignal>
#include <future>
#include <optional>
#include <thread>

#include "resolver/server/stream_listener.h"
#include "tests/server/fixture.h"
#include "tests/support/authority.h"
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

    void load_certificate(const loop::ClientTrust& trust = {}) {
        const auto pair = test::make_certificate_pair("dns.example", -3600, 3600);
        tls.publish(loop::TlsServer::create(pair.chain, pair.key, loop::TicketKeys::create(), trust).value());
    }
    StreamListener& start() {
        listener =
            std::make_unique<StreamListener>(loop, sockets, options, *engine, recorder, nullptr, *this, tls, proxies);
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
    Proxies proxies{{}};
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

/// A policy in which the group of these certificates is restricted.
policy::Options restricting(const std::string& pattern) {
    policy::Options made;
    made.groups.resize(1);
    made.groups[0].id = "lab";
    made.groups[0].certificates = {pattern};
    auto directive = engine::testing::directive("d1", policy::Step::Restrict, {"service:deepseek"});
    directive.groups = {"lab"};
    made.directives = {directive};
    return made;
}

TEST_F(TlsListenerTest, ACertificateOfTheClientPutsItsQueriesIntoAGroupUntilThePolicyChanges) {
    test::Authority authority;
    test::use_certificate(client_context(), authority.issue("DNS:pc7.lab.example"));
    in_force(restricting("*.lab.example"));
    load_certificate({.authorities = authority.certificate()});
    start();
    const auto query = engine::testing::query_bytes({.name = "deepseek.com"});
    TlsPeer peer(connect(), client_context());
    const auto exchange = [&] {
        auto done = std::async(std::launch::async, [&] {
            peer.write(framed(query));
            return peer.read_message();
        });
        while (done.wait_for(seconds{0}) != std::future_status::ready && forwarder->asked_count == 0) settle();
        if (forwarder->asked_count != 0) answer_upstream(0);
        while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
        return done.get();
    };
    auto connected = std::async(std::launch::async, [&] { return peer.connect(); });
    while (connected.wait_for(seconds{0}) != std::future_status::ready) settle();
    ASSERT_TRUE(connected.get());
    EXPECT_FALSE(exchange().empty());
    EXPECT_EQ(forwarder->asked_count, 0U) << "it was sinkholed";
    EXPECT_EQ(counted(Counter::CertificatesValid), 1U);
    in_force(restricting("*.other.example"));
    EXPECT_FALSE(exchange().empty());
    EXPECT_EQ(forwarder->asked_count, 1U) << "the same connection is in the group no more";
}

TEST_F(TlsListenerTest, AConnectionEndsWhenOtherAuthoritiesDecide) {
    test::Authority authority;
    load_certificate({.authorities = authority.certificate()});
    start();
    const auto first_query = [](TlsPeer& peer) {
        ASSERT_TRUE(peer.connect());
        peer.write(framed(local_query(1)));
        EXPECT_EQ(id_of(peer.read_message()), 1);
    };
    TlsPeer without(connect(), client_context());
    auto done = std::async(std::launch::async, [&] { first_query(without); });
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    test::use_certificate(client_context(), authority.issue("DNS:pc7.lab.example"));
    TlsPeer with(connect(), client_context());
    done = std::async(std::launch::async, [&] { first_query(with); });
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
    EXPECT_EQ(listener->open(), 2U);
    load_certificate({.authorities = authority.certificate(), .revoked = authority.revoked()});
    run_until([&] { return listener->open() == 1; });
    EXPECT_EQ(counted(Counter::CertificatesEnded), 1U);
    EXPECT_TRUE(with.read_message().empty());
    done = std::async(std::launch::async, [&] {
        without.write(framed(local_query(2)));
        EXPECT_EQ(id_of(without.read_message()), 2);
    });
    while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
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
