// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/sockets.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "tests/server/fixture.h"

namespace cenote::server {
namespace {

using testing::address;
using ::testing::HasSubstr;

Options listening(const std::vector<Endpoint>& listen) {
    Options options;
    options.listen = listen;
    return options;
}

std::vector<Endpoint> udp_and_tcp(const std::string& text) {
    std::vector<Endpoint> listen;
    add_udp_and_tcp(listen, address(text));
    return listen;
}

int type_of(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    EXPECT_EQ(::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size), 0);
    return type;
}

TEST(SocketsTest, UdpAndTcpOfAnAddressShareTheFreePort) {
    const auto sockets = open_sockets(listening(udp_and_tcp("127.0.0.1:0")), 3, {});
    ASSERT_TRUE(sockets) << sockets.error().text;
    ASSERT_EQ(sockets->size(), 3U);
    const std::uint16_t port = sockets->front().front().endpoint.address.port;
    EXPECT_NE(port, 0);
    for (const auto& of_worker : *sockets) {
        ASSERT_EQ(of_worker.size(), 2U);
        EXPECT_EQ(of_worker[0].endpoint.protocol, Protocol::Udp);
        EXPECT_EQ(type_of(of_worker[0].fd.get()), SOCK_DGRAM);
        EXPECT_EQ(of_worker[1].endpoint.protocol, Protocol::Tcp);
        EXPECT_EQ(type_of(of_worker[1].fd.get()), SOCK_STREAM);
        for (const ListenSocket& socket : of_worker) {
            EXPECT_EQ(socket.endpoint.address.port, port);
            EXPECT_EQ(testing::bound_address(socket.fd.get()), socket.endpoint.address);
            EXPECT_NE(::fcntl(socket.fd.get(), F_GETFL) & O_NONBLOCK, 0);
            EXPECT_NE(::fcntl(socket.fd.get(), F_GETFD) & FD_CLOEXEC, 0);
        }
    }
}

TEST(SocketsTest, TheSameAddressTwiceHasTwoPorts) {
    auto listen = udp_and_tcp("127.0.0.1:0");
    add_udp_and_tcp(listen, address("127.0.0.1:0"));
    const auto sockets = open_sockets(listening(listen), 1, {});
    ASSERT_TRUE(sockets) << sockets.error().text;
    const auto& all = sockets->front();
    EXPECT_EQ(all[0].endpoint.address, all[1].endpoint.address);
    EXPECT_EQ(all[2].endpoint.address, all[3].endpoint.address);
    EXPECT_NE(all[0].endpoint.address, all[2].endpoint.address);
}

TEST(SocketsTest, OneProtocolAlone) {
    const auto sockets = open_sockets(listening({{address("127.0.0.1:0"), Protocol::Tcp}}), 1, {});
    ASSERT_TRUE(sockets) << sockets.error().text;
    ASSERT_EQ(sockets->front().size(), 1U);
    EXPECT_EQ(type_of(sockets->front()[0].fd.get()), SOCK_STREAM);
}

TEST(SocketsTest, QuicHasOneSocketOfItsOwnPort) {
    auto listen = udp_and_tcp("127.0.0.1:0");
    listen.push_back({address("127.0.0.1:0"), Protocol::Quic});
    const auto sockets = open_sockets(listening(listen), 3, {});
    ASSERT_TRUE(sockets) << sockets.error().text;
    ASSERT_EQ(sockets->front().size(), 3U);
    EXPECT_EQ(sockets->back().size(), 2U) << "no other worker has it";
    const ListenSocket& quic = sockets->front()[2];
    EXPECT_EQ(type_of(quic.fd.get()), SOCK_DGRAM);
    EXPECT_NE(quic.endpoint.address.port, sockets->front()[0].endpoint.address.port);
}

TEST(SocketsTest, QuicMayHaveThePortOfTls) {
    const auto tls = testing::opened({{address("127.0.0.1:0"), Protocol::Tls}});
    EXPECT_TRUE(open_sockets(listening({{tls.at(0).endpoint.address, Protocol::Quic}}), 1, {}));
    const auto quic = testing::opened({{address("127.0.0.1:0"), Protocol::Quic}});
    const auto again = open_sockets(listening({{quic.at(0).endpoint.address, Protocol::Quic}}), 1, {});
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().text, HasSubstr("(quic)"));
}

TEST(SocketsTest, FreePortsOfTlsAndQuicStayOverARestart) {
    std::vector<Endpoint> listen = udp_and_tcp("127.0.0.1:0");
    for (const Protocol protocol : {Protocol::Quic, Protocol::Tls, Protocol::Quic})
        listen.push_back({address("127.0.0.1:0"), protocol});
    auto before = testing::opened(listen);
    ASSERT_EQ(before.size(), 5U);
    std::vector<UniqueFd> inherited;
    for (ListenSocket& socket : before) inherited.push_back(std::move(socket.fd));
    const auto after = open_sockets(listening(listen), 1, std::move(inherited));
    ASSERT_TRUE(after) << after.error().text;
    for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(after->front()[i].endpoint, before[i].endpoint) << i;
}

TEST(SocketsTest, AnEndpointThatIsInUseIsNamed) {
    const auto first = testing::opened(udp_and_tcp("127.0.0.1:0"));
    const SocketAddress taken = first.at(0).endpoint.address;
    for (const auto& [protocol, word] : {std::pair{Protocol::Udp, "(udp)"}, {Protocol::Tcp, "(tcp)"}}) {
        const auto second = open_sockets(listening({{taken, protocol}}), 1, {});
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().text, HasSubstr("cannot listen on " + taken.to_string() + " " + word));
        EXPECT_THAT(second.error().text, HasSubstr("ss -lnp sport = :" + std::to_string(taken.port)));
    }
}

TEST(SocketsTest, SocketsOfThePreviousProcessAreTakenOver) {
    auto before = testing::opened(udp_and_tcp("127.0.0.1:0"));
    const SocketAddress bound = before.at(0).endpoint.address;
    for (const std::string& listen : {std::string("127.0.0.1:0"), bound.to_string()}) {
        std::vector<int> numbers;
        std::vector<UniqueFd> inherited;
        for (ListenSocket& socket : before) {
            numbers.push_back(socket.fd.get());
            inherited.push_back(std::move(socket.fd));
        }
        auto sockets = open_sockets(listening(udp_and_tcp(listen)), 2, std::move(inherited));
        ASSERT_TRUE(sockets) << sockets.error().text;
        const auto& first = sockets->front();
        EXPECT_EQ(first[0].endpoint.address, bound);
        EXPECT_EQ(first[0].fd.get(), numbers[0]);
        EXPECT_EQ(first[1].fd.get(), numbers[1]);
        EXPECT_EQ(sockets->back()[1].endpoint.address, bound) << "the second worker has new sockets in the same group";
        before = std::move(sockets->front());
    }
}

TEST(SocketsTest, SocketsThatNoEndpointNamesAreClosed) {
    auto before = testing::opened(udp_and_tcp("127.0.0.1:0"));
    const SocketAddress bound = before.at(0).endpoint.address;
    std::vector<UniqueFd> inherited;
    for (ListenSocket& socket : before) inherited.push_back(std::move(socket.fd));
    ASSERT_TRUE(open_sockets(listening(udp_and_tcp("127.0.0.2:0")), 1, std::move(inherited)));
    EXPECT_TRUE(open_sockets(listening({{bound, Protocol::Udp}, {bound, Protocol::Tcp}}), 1, {}));
}

TEST(SocketsTest, AnAddressThatTheMachineLacksIsBoundBesideOneThatItHas) {
    const SocketAddress absent = address("203.0.113.1:5300");  // RFC 5737
    ASSERT_FALSE(is_present(absent));
    const auto alone = open_sockets(listening({{absent, Protocol::Udp}}), 1, {});
    ASSERT_FALSE(alone);
    EXPECT_THAT(alone.error().text, HasSubstr("this machine has no such address"));
    const auto both =
        open_sockets(listening({{absent, Protocol::Udp}, {address("127.0.0.1:0"), Protocol::Udp}}), 1, {});
    ASSERT_TRUE(both) << both.error().text;
    EXPECT_EQ(both->front().at(0).endpoint.address, absent);
}

TEST(SocketsTest, AddressesOfEndpointsAreThoseOfOneProtocol) {
    auto listen = udp_and_tcp("127.0.0.1:53");
    add_udp_and_tcp(listen, address("[::1]:53"));
    listen.push_back({address("127.0.0.1:853"), Protocol::Tls});
    EXPECT_EQ(addresses_of(listen, Protocol::Tls), std::vector{address("127.0.0.1:853")});
    EXPECT_EQ(addresses_of(listen), (std::vector{address("127.0.0.1:53"), address("[::1]:53")}));
}

}  // namespace
}  // namespace cenote::server
