// SPDX-License-Identifier: Apache-2.0
//
// StreamListener behind proxies on loopback: 127.0.0.9 is a proxy, 127.0.0.1 is none.
#include <algorithm>
#include <array>
#include <csignal>
#include <future>
#include <string_view>

#include "resolver/server/stream_listener.h"
#include "tests/http/frames.h"
#include "tests/server/fixture.h"
#include "tests/support/certificate.h"
#include "tests/support/proxy_header.h"
#include "tests/support/tls_peer.h"

namespace cenote::server {
namespace {

using http::testing::operator+;
using telemetry::Counter;
using test::local_proxy_header;
using test::proxy_header;
using test::proxy_header_of;
using testing::Bytes;
using testing::framed;
using testing::id_of;
using testing::local_query;
using testing::nothing_to_read;
using testing::pending_query;
using testing::read_message;
using testing::write_all;

class ProxyListenerTest : public ::testing::Test, public testing::World, public transfer::Outlet {
protected:
    ProxyListenerTest() {
        ::signal(SIGPIPE, SIG_IGN);
        options.tcp_connections_max = 20;
    }

    StreamListener& start(Protocol protocol = Protocol::Tcp) {
        sockets = testing::opened({{testing::address("127.0.0.1:0"), protocol}});
        listener =
            std::make_unique<StreamListener>(loop, sockets, options, *engine, recorder, nullptr, *this, tls, proxies);
        return *listener;
    }
    void load_certificate() {
        const auto pair = test::make_certificate_pair("dns.example", -3600, 3600);
        tls.publish(loop::TlsServer::create(pair.chain, pair.key, loop::TicketKeys::create()).value());
    }
    [[nodiscard]] UniqueFd from(const char* ip) const {
        UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_storage native;
        socklen_t size = testing::address(ip).to_native(native);
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size), 0);
        size = sockets.at(0).endpoint.address.to_native(native);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size), 0);
        return fd;
    }
    [[nodiscard]] UniqueFd proxy() const { return from("127.0.0.9"); }
    /// A connection that a proxy has begun for this client.
    UniqueFd behind_proxy(std::string_view origin) {
        const std::uint64_t before = counted(Counter::TcpConnections);
        UniqueFd fd = proxy();
        write_all(fd.get(), proxy_header_of(origin));
        run_until([&] { return counted(Counter::TcpConnections) > before; });
        return fd;
    }
    void expect_answered(const UniqueFd& fd, std::uint16_t id) {
        write_all(fd.get(), framed(local_query(id)));
        run_until([&] { return !nothing_to_read(fd.get()); });
        EXPECT_EQ(id_of(read_message(fd.get())), id);
    }
    void expect_closed(const UniqueFd& fd) {
        run_until([&] { return !nothing_to_read(fd.get()); });
        EXPECT_TRUE(testing::read_some(fd.get()).empty());
    }
    void expect_refused(const Bytes& bytes, Counter counter) {
        const std::uint64_t before = counted(counter);
        const UniqueFd fd = proxy();
        write_all(fd.get(), bytes);
        run_until([&] { return counted(counter) > before; });
        expect_closed(fd);
        EXPECT_EQ(counted(counter), before + 1);
    }
    [[nodiscard]] std::vector<std::string> clients_seen() const {
        std::vector<std::string> seen;
        for (const engine::Client& each : pending_clients) seen.push_back(each.peer.to_string());
        return seen;
    }

    Options options;
    Proxies proxies{{Prefix::parse("127.0.0.9").value()}};
    std::vector<ListenSocket> sockets;
    Published<loop::TlsServer> tls{nullptr};
    std::vector<engine::Client> pending_clients;  // of late replies
    std::unique_ptr<StreamListener> listener;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override {
        pending_clients.push_back(to);
        listener->send(to, bytes);
    }
    void put_part(transfer::Part part) noexcept override { listener->send_part(part); }
};

TEST_F(ProxyListenerTest, TheHeaderNamesTheClient) {
    start();
    const UniqueFd fd = proxy();
    write_all(fd.get(), proxy_header_of("[2001:db8::7]:4711", 40) + framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    answer_upstream(0);
    EXPECT_EQ(id_of(read_message(fd.get())), 1);
    EXPECT_EQ(clients_seen(), std::vector<std::string>{"[2001:db8::7]:4711"});
    expect_answered(fd, 2);
}

TEST_F(ProxyListenerTest, AHeaderMayComeByteByByte) {
    start();
    const UniqueFd fd = proxy();
    const Bytes bytes = proxy_header_of("192.0.2.7:1", 3) + framed(local_query(5));
    for (const std::uint8_t byte : bytes) {
        write_all(fd.get(), {byte});
        settle();
    }
    run_until([&] { return !nothing_to_read(fd.get()); });
    EXPECT_EQ(id_of(read_message(fd.get())), 5);
    EXPECT_EQ(listener->open(), 1U);
}

TEST_F(ProxyListenerTest, AProxyThatSpeaksForItselfIsTheClient) {
    start();
    const UniqueFd fd = proxy();
    write_all(fd.get(), local_proxy_header(20) + framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    answer_upstream(0);
    EXPECT_EQ(id_of(read_message(fd.get())), 1);
    EXPECT_EQ(clients_seen(), std::vector<std::string>{testing::bound_address(fd.get()).to_string()});
}

TEST_F(ProxyListenerTest, WithoutAValidHeaderAProxyIsClosed) {
    start();
    const Bytes whole = proxy_header_of("192.0.2.7:1");
    const std::string_view text = "PROXY TCP4 192.0.2.7 192.0.2.8 1 53\r\n";
    expect_refused(framed(local_query(1)), Counter::ProxyMissing);
    expect_refused(Bytes(text.begin(), text.end()), Counter::ProxyVersion1);
    expect_refused(proxy_header(0x21, 0x31, Bytes(216)), Counter::ProxyMalformed);
    expect_refused(proxy_header_of("192.0.2.7:1", 65000), Counter::ProxyMalformed);
    EXPECT_EQ(counted(Counter::TcpConnections), 0U);
    EXPECT_EQ(listener->open(), 0U);
}

TEST_F(ProxyListenerTest, AHeaderThatEndsInsideIsMalformedAndNoByteAtAllIsNothing) {
    start();
    const Bytes whole = proxy_header_of("192.0.2.7:1");
    const UniqueFd nothing = proxy();
    ::shutdown(nothing.get(), SHUT_WR);
    expect_closed(nothing);
    EXPECT_EQ(counted(Counter::ProxyMalformed), 0U);
    const UniqueFd part = proxy();
    write_all(part.get(), Bytes(whole.begin(), whole.end() - 1));
    settle();
    ::shutdown(part.get(), SHUT_WR);
    expect_closed(part);
    EXPECT_EQ(counted(Counter::ProxyMalformed), 1U);
}

TEST_F(ProxyListenerTest, AHeaderHasOnlySoMuchTime) {
    options.proxy_header = milliseconds{0};
    start();
    const UniqueFd fd = proxy();
    expect_closed(fd);
    EXPECT_EQ(counted(Counter::ProxySlow), 1U);
    const UniqueFd in_time = behind_proxy("192.0.2.7:1");
    expect_answered(in_time, 1);
}

TEST_F(ProxyListenerTest, LimitsAreThoseOfTheClient) {
    options.tcp_per_client_max = 2;
    start();
    std::vector<UniqueFd> held;
    for (const char* origin : {"192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:1", "192.0.2.2:2"}) {
        held.push_back(behind_proxy(origin));
        write_all(held.back().get(), framed(pending_query(1, "www.example")));
    }
    EXPECT_EQ(listener->open(), 4U) << "the proxy has more than one client may have";
    run_until([this] { return forwarder->asked_count == 4; });
    const UniqueFd refused = proxy();
    write_all(refused.get(), proxy_header_of("192.0.2.1:3"));
    run_until([this] { return counted(Counter::TcpConnectionsPerClientRefused) == 1; });
    expect_closed(refused);
    expect_answered(behind_proxy("192.0.2.3:1"), 9);
}

TEST_F(ProxyListenerTest, AHeaderOfAnybodyElseIsGarbage) {
    start();
    const UniqueFd whole = from("127.0.0.1");
    write_all(whole.get(), proxy_header_of("192.0.2.7:1") + framed(local_query(1)));
    run_until([this] { return counted(Counter::ProxyUnexpected) == 1; });
    expect_closed(whole);
    const UniqueFd later = from("127.0.0.1");
    write_all(later.get(), framed(local_query(1)) + proxy_header_of("192.0.2.7:1"));
    run_until([this] { return counted(Counter::ProxyUnexpected) == 2; });
    EXPECT_EQ(id_of(read_message(later.get())), 1);
    EXPECT_EQ(counted(Counter::QueriesTcp), 1U);
}

TEST_F(ProxyListenerTest, ASecondHeaderIsGarbage) {
    start();
    const UniqueFd fd = behind_proxy("192.0.2.7:1");
    write_all(fd.get(), proxy_header_of("192.0.2.8:1"));
    run_until([this] { return counted(Counter::ProxyUnexpected) == 1; });
    expect_closed(fd);
}

TEST_F(ProxyListenerTest, TheHeaderStandsInFrontOfTls) {
    load_certificate();
    start(Protocol::Tls);
    SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
    for (const bool in_front : {true, false}) {
        const std::uint64_t answered = counted(Counter::QueriesTls);
        UniqueFd fd = in_front ? proxy() : from("127.0.0.1");
        if (in_front) write_all(fd.get(), proxy_header_of("192.0.2.7:1"));
        test::TlsPeer peer(std::move(fd), context);
        auto done = std::async(std::launch::async, [&] {
            EXPECT_TRUE(peer.connect());
            peer.write(framed(local_query(1)));
            EXPECT_EQ(id_of(peer.read_message()), 1);
            if (in_front) return;
            peer.write(proxy_header_of("192.0.2.7:1"));  // inside of TLS it is no message
            EXPECT_TRUE(peer.read_message().empty());
        });
        while (done.wait_for(seconds{0}) != std::future_status::ready) settle();
        done.get();
        EXPECT_EQ(counted(Counter::QueriesTls), answered + 1);
    }
    SSL_CTX_free(context);
    EXPECT_EQ(counted(Counter::ProxyUnexpected), 1U);
    expect_refused({0x16, 0x03, 0x01}, Counter::ProxyMissing);
    const UniqueFd stranger = from("127.0.0.1");
    write_all(stranger.get(), proxy_header_of("192.0.2.7:1"));
    run_until([this] { return counted(Counter::TlsFailed) == 1; });
}

TEST_F(ProxyListenerTest, WhereTlsEndsAtTheProxyQueriesCountAsThoseOverTls) {
    start();
    const Bytes ssl{0x20, 0, 5, 1, 0, 0, 0, 0};
    Bytes header = proxy_header_of("192.0.2.7:1", ssl.size());
    std::ranges::copy(ssl, header.end() - static_cast<std::ptrdiff_t>(ssl.size()));
    const UniqueFd through_tls = proxy();
    write_all(through_tls.get(), header);
    expect_answered(through_tls, 1);
    EXPECT_EQ(counted(Counter::QueriesTls), 1U);
    expect_answered(behind_proxy("192.0.2.7:1"), 2);
    EXPECT_EQ(counted(Counter::QueriesTls), 1U);
    EXPECT_EQ(counted(Counter::QueriesTcp), 1U);
}

TEST_F(ProxyListenerTest, HandshakesAreLimitedByClient) {
    options.tls_handshakes_per_client_max = 1;
    load_certificate();
    start(Protocol::Tls);
    const std::array begun{behind_proxy("192.0.2.1:1"), behind_proxy("192.0.2.2:1")};
    const UniqueFd refused = proxy();
    write_all(refused.get(), proxy_header_of("192.0.2.1:2"));
    run_until([this] { return counted(Counter::TlsRefused) == 1; });
    expect_closed(refused);
    EXPECT_EQ(listener->open(), 2U);
}

TEST_F(ProxyListenerTest, HeadersUnderWayAreClosedWithTheRest) {
    start();
    const UniqueFd fd = proxy();
    const Bytes whole = proxy_header_of("192.0.2.7:1");
    write_all(fd.get(), Bytes(whole.begin(), whole.begin() + 20));
    settle();
    listener->close_all();
    EXPECT_TRUE(testing::read_some(fd.get()).empty());
}

TEST_F(ProxyListenerTest, OnlySoManyHeadersAreUnderWay) {
    options.proxy_headers_max = 2;
    ProxyGate gate(loop, options, recorder, [](UniqueFd, Protocol, const engine::Client&) { FAIL(); });
    std::vector<UniqueFd> ends;
    const auto add = [&] {
        std::array<int, 2> pair{};
        ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
        ends.emplace_back(pair[0]);
        gate.take(UniqueFd(pair[1]), Protocol::Tcp, {});
    };
    for (int i = 0; i < 3; ++i) add();
    EXPECT_EQ(gate.waiting(), 2U);
    EXPECT_EQ(counted(Counter::TcpConnectionsRefused), 1U);
    EXPECT_TRUE(testing::read_some(ends.back().get()).empty());
    ends.front().reset();
    settle();
    add();
    EXPECT_EQ(counted(Counter::TcpConnectionsRefused), 1U) << "there is room again";
    gate.close_all();
    EXPECT_EQ(gate.waiting(), 0U);
}

}  // namespace
}  // namespace cenote::server
