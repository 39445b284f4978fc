// SPDX-License-Identifier: Apache-2.0
//
// StreamListener with TCP on loopback. The clients block; the loop runs in the test's thread, so each action of a
// client is one that the kernel finishes alone, or follows a turn of the loop.
#include "resolver/server/stream_listener.h"

#include <algorithm>
#include <array>
#include <memory>

#include "tests/server/fixture.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using testing::connected;
using testing::framed;
using testing::id_of;
using testing::local_query;
using testing::nothing_to_read;
using testing::pending_query;
using testing::read_message;
using testing::write_all;

class StreamListenerTest : public ::testing::Test, public testing::World, public transfer::Outlet {
protected:
    StreamListener& start(std::uint32_t connections, std::uint32_t per_client) {
        options.tcp_connections_max = connections;
        options.tcp_per_client_max = per_client;
        listener =
            std::make_unique<StreamListener>(loop, sockets, options, *engine, recorder, nullptr, *this, tls, proxies);
        return *listener;
    }
    [[nodiscard]] UniqueFd connect() const { return connected(sockets.at(0).endpoint.address, SOCK_STREAM); }
    /// A client whose connection has been accepted.
    UniqueFd accepted() {
        const std::uint64_t before = counted(Counter::TcpConnections);
        UniqueFd client_end = connect();
        run_until([&] { return counted(Counter::TcpConnections) > before; });
        return client_end;
    }
    void expect_answered(const UniqueFd& client_end, std::uint16_t id) {
        write_all(client_end.get(), framed(local_query(id)));
        run_until([&] { return !nothing_to_read(client_end.get()); });
        EXPECT_EQ(id_of(read_message(client_end.get())), id);
    }
    void expect_closed(const UniqueFd& client_end) {
        run_until([&] { return !nothing_to_read(client_end.get()); });
        EXPECT_TRUE(read_message(client_end.get()).empty());
    }

    Options options;
    std::vector<ListenSocket> sockets = testing::opened({{testing::address("127.0.0.1:0"), Protocol::Tcp}});
    Published<loop::TlsServer> tls{nullptr};
    Proxies proxies{{}};
    std::unique_ptr<StreamListener> listener;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override { listener->send(to, bytes); }
    void put_part(transfer::Part part) noexcept override { listener->send_part(part); }
};

TEST_F(StreamListenerTest, EachConnectionIsAnswered) {
    start(10, 10);
    const std::array clients{accepted(), accepted(), accepted()};
    EXPECT_EQ(listener->open(), 3U);
    for (std::uint16_t i = 0; i < 3; ++i) expect_answered(clients.at(2U - i), i);
}

TEST_F(StreamListenerTest, ALateReplyFindsItsConnection) {
    start(10, 10);
    const std::array clients{accepted(), accepted()};
    write_all(clients[0].get(), framed(pending_query(1, "first.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    write_all(clients[1].get(), framed(pending_query(2, "second.example")));
    run_until([this] { return forwarder->asked_count == 2; });
    answer_upstream(1);
    answer_upstream(0);
    EXPECT_EQ(id_of(read_message(clients[0].get())), 1);
    EXPECT_EQ(id_of(read_message(clients[1].get())), 2);
}

TEST_F(StreamListenerTest, ALateReplyToAConnectionThatIsGoneIsDropped) {
    start(10, 10);
    UniqueFd gone = accepted();
    write_all(gone.get(), framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    listener->close_all();
    EXPECT_EQ(listener->open(), 0U);
    const UniqueFd next = accepted();  // it has the same slot
    answer_upstream(0);
    settle();
    EXPECT_TRUE(nothing_to_read(next.get()));
    expect_answered(next, 2);
}

TEST_F(StreamListenerTest, AConnectionThatEndsMakesRoom) {
    start(1, 1);
    for (std::uint16_t id = 0; id < 20; ++id) {
        const UniqueFd client_end = accepted();
        expect_answered(client_end, id);
        ASSERT_EQ(::shutdown(client_end.get(), SHUT_WR), 0);
        run_until([this] { return listener->open() == 0; });
    }
    EXPECT_EQ(counted(Counter::TcpConnectionsRefused) + counted(Counter::TcpConnectionsPerClientRefused), 0U);
}

TEST_F(StreamListenerTest, AtItsLimitAClientLosesItsOwnIdleConnection) {
    start(10, 2);
    const UniqueFd idle = accepted();
    const UniqueFd busy = accepted();
    write_all(busy.get(), framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    const UniqueFd newer = accepted();
    expect_closed(idle);
    EXPECT_EQ(counted(Counter::TcpIdleClosed), 1U);
    EXPECT_EQ(listener->open(), 2U);
    expect_answered(newer, 2);
}

TEST_F(StreamListenerTest, WhereAllAreBusyANewConnectionIsRefused) {
    start(10, 1);
    const UniqueFd busy = accepted();
    write_all(busy.get(), framed(pending_query(1, "www.example")));
    run_until([this] { return forwarder->asked_count == 1; });
    const UniqueFd refused = connect();
    run_until([this] { return counted(Counter::TcpConnectionsPerClientRefused) == 1; });
    expect_closed(refused);
    answer_upstream(0);
    EXPECT_EQ(id_of(read_message(busy.get())), 1);
}

TEST_F(StreamListenerTest, AnIdleConnectionIsClosed) {
    options.tcp_idle = milliseconds{0};
    start(10, 10);
    const UniqueFd idle = accepted();
    expect_closed(idle);
    EXPECT_EQ(counted(Counter::TcpIdleClosed), 1U);
    EXPECT_EQ(listener->open(), 0U);
    expect_closed(accepted());  // the sweep runs again for the next
}

TEST_F(StreamListenerTest, AClientThatReadsNothingIsClosed) {
    options.tcp_write_stall = milliseconds{0};
    start(10, 10);
    const UniqueFd slow = accepted();
    const auto query = framed(local_query(1));
    run_until([&] {
        for (int i = 0; i < 1000; ++i)
            if (::send(slow.get(), query.data(), query.size(), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) break;
        return counted(Counter::TcpSlowClosed) == 1;
    });
    EXPECT_EQ(listener->open(), 0U);
}

TEST_F(StreamListenerTest, ClientsLearnTheIdleTimeoutAndWhenConnectionsRunOut) {
    const auto asked = framed(engine::testing::query_bytes(
        {.name = "id.server", .type = "TXT", .rr_class = 3, .options = {0, 11, 0, 0}}));  // RFC 7828 §3.1
    const auto timeout_of = [&](const UniqueFd& client_end) {
        write_all(client_end.get(), asked);
        run_until([&] { return !nothing_to_read(client_end.get()); });
        const auto answer = read_message(client_end.get());
        constexpr std::array<std::uint8_t, 4> kOption{0, 11, 0, 2};
        const auto option = std::search(answer.begin(), answer.end(), kOption.begin(), kOption.end());
        return option == answer.end() ? -1 : load_u16(&*option + kOption.size());
    };
    start(10, 10);
    std::vector<UniqueFd> clients;
    for (const int expected : {100, 100, 100, 100, 100, 80, 60, 40, 0, 0}) {
        clients.push_back(accepted());
        EXPECT_NEAR(timeout_of(clients.back()), expected, 1) << clients.size();
    }
    clients.resize(3);
    run_until([this] { return listener->open() == 3; });
    const UniqueFd later = accepted();
    EXPECT_EQ(timeout_of(later), 100);
}

TEST_F(StreamListenerTest, AStoppedListenerAcceptsNoMoreAndServesTheRest) {
    start(10, 10);
    const UniqueFd open = accepted();
    listener->stop();
    const UniqueFd waiting = connect();  // in the kernel's queue, for the next process
    settle();
    EXPECT_EQ(listener->open(), 1U);
    expect_answered(open, 1);
    EXPECT_TRUE(nothing_to_read(waiting.get()));
}

TEST_F(StreamListenerTest, APartForAConnectionThatIsGoneIsDropped) {
    start(10, 10);
    listener->send_part({.connection = {.slot = 1, .generation = 7}, .message = {1, 2, 3}, .last = true});
    EXPECT_EQ(listener->open(), 0U);
}

}  // namespace
}  // namespace cenote::server
