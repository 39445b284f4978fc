// SPDX-License-Identifier: Apache-2.0
//
// ProxiedPort over a UdpPort on loopback: 127.0.0.9 is a proxy, 127.0.0.1 is none.
#include "resolver/server/proxied_port.h"

#include <array>
#include <memory>
#include <thread>

#include "resolver/server/udp_listener.h"
#include "resolver/server/udp_port.h"
#include "tests/server/fixture.h"
#include "tests/support/proxy_header.h"

namespace cenote::server {
namespace {

using telemetry::Counter;
using test::local_proxy_header;
using test::proxy_header_of;
using testing::Bytes;
using testing::id_of;
using testing::local_query;
using testing::nothing_to_read;
using testing::pending_query;
using testing::read_some;
using testing::write_all;

Bytes operator+(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

class ProxiedPortTest : public ::testing::Test, public testing::World {
protected:
    ProxiedPortTest() {
        port = std::make_unique<ProxiedPort>(
            std::make_unique<UdpPort>(sockets.at(0).fd.get(), UdpPort::Options{.any_address = true}), proxies, paths,
            recorder);
    }
    /// A socket of `ip`, connected to the address 127.0.0.1 of the port.
    [[nodiscard]] UniqueFd from(const char* ip) const {
        SocketAddress to = testing::address("127.0.0.1:0");
        to.port = sockets.at(0).endpoint.address.port;
        UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
        sockaddr_storage native;
        socklen_t size = testing::address(ip).to_native(native);
        EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&native), size), 0);
        size = to.to_native(native);
        EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size), 0);
        return fd;
    }
    engine::Datagram only() {
        const auto batch = port->receive();
        EXPECT_EQ(batch.size(), 1U);
        return batch.empty() ? engine::Datagram{} : batch[0];
    }

    std::vector<ListenSocket> sockets = testing::opened({{testing::address("0.0.0.0:0"), Protocol::Udp}});
    Proxies proxies{{Prefix::parse("127.0.0.9").value(), Prefix::parse("2001:db8::/32").value()}};
    ProxyPaths paths;
    std::unique_ptr<DatagramPort> port;
    LateReplies late;
};

TEST_F(ProxiedPortTest, TheHeaderNamesTheClientAndTheReplyGoesToTheProxy) {
    const UniqueFd proxy = from("127.0.0.9");
    const struct {
        const char *origin, *asked;
        bool proxied;
    } clients[] = {{"192.0.2.7:4711", "10.0.0.53", true},
                   {"[2001:db8::7]:4711", "2001:db8::53", true},
                   {"192.0.2.7:4711", "0.0.0.0", false}};
    for (const auto& [origin, asked, proxied] : clients) {
        write_all(proxy.get(), proxy_header_of(origin, asked) + Bytes{1, 2, 3});
        const auto batch = port->receive();
        ASSERT_EQ(batch.size(), 1U);
        EXPECT_EQ(batch[0].client.peer.to_string(), origin);
        EXPECT_EQ(batch[0].client.local.to_string(), proxied ? asked : "127.0.0.1");
        EXPECT_EQ(batch[0].client.proxied, proxied);
        EXPECT_EQ(Bytes(batch[0].packet.begin(), batch[0].packet.end()), (Bytes{1, 2, 3}));
        const MutableBytes room = port->reply_space();
        room[0] = 9;
        batch[0].reply = room.first(1);
        ASSERT_TRUE(late.add(batch[0].client, Bytes{8}));
        EXPECT_EQ(port->send(late), 0U);
        EXPECT_EQ(read_some(proxy.get()), Bytes{9});
        EXPECT_EQ(port->send_late(late), 0U);
        EXPECT_EQ(read_some(proxy.get()), Bytes{8});
    }
}

TEST_F(ProxiedPortTest, AProxyThatSpeaksForItselfIsTheClient) {
    const UniqueFd proxy = from("127.0.0.9");
    write_all(proxy.get(), local_proxy_header(40) + Bytes{5});
    const engine::Datagram datagram = only();
    EXPECT_EQ(datagram.client.peer, testing::bound_address(proxy.get()));
    EXPECT_EQ(datagram.client.stream, 0U);
    EXPECT_EQ(Bytes(datagram.packet.begin(), datagram.packet.end()), Bytes{5});
    ASSERT_TRUE(late.add(datagram.client, Bytes{8}));
    EXPECT_EQ(port->send_late(late), 0U);
    EXPECT_EQ(read_some(proxy.get()), Bytes{8});
}

TEST_F(ProxiedPortTest, OfAProxyTheHeaderIsRequired) {
    const UniqueFd proxy = from("127.0.0.9");
    const Bytes whole = proxy_header_of("192.0.2.7:1");
    const Bytes text{'P', 'R', 'O', 'X', 'Y', ' ', 'T', 'C', 'P', '4'};
    const struct {
        Bytes datagram;
        Counter counter;
    } refused[] = {{local_query(1), Counter::ProxyMissing},
                   {text, Counter::ProxyVersion1},
                   {Bytes(whole.begin(), whole.end() - 1), Counter::ProxyMalformed},
                   {proxy_header_of("192.0.2.7:1", 513), Counter::ProxyMalformed},
                   {{}, Counter::ProxyMalformed}};
    for (const auto& each : refused) {
        const std::uint64_t before = counted(each.counter);
        write_all(proxy.get(), each.datagram);
        EXPECT_TRUE(only().packet.empty());
        EXPECT_EQ(counted(each.counter), before + 1);
    }
}

TEST_F(ProxiedPortTest, OfOthersNothingIsTakenAway) {
    const UniqueFd other = from("127.0.0.1");
    const Bytes header = proxy_header_of("192.0.2.7:1");
    write_all(other.get(), header);
    const engine::Datagram datagram = only();
    EXPECT_EQ(datagram.client.peer, testing::bound_address(other.get()));
    EXPECT_EQ(Bytes(datagram.packet.begin(), datagram.packet.end()), header);
}

TEST_F(ProxiedPortTest, WithTheEngineHeadersWorkOnceAndForProxiesAlone) {
    UdpListener listener(loop, std::move(port), *engine, recorder);
    const UniqueFd proxy = from("127.0.0.9");
    const UniqueFd other = from("127.0.0.1");
    const Bytes header = proxy_header_of("192.0.2.7:1");
    write_all(proxy.get(), local_query(1));
    write_all(proxy.get(), header + local_query(2));
    write_all(proxy.get(), header + header + local_query(3));
    write_all(other.get(), header + local_query(4));
    write_all(other.get(), local_query(5));
    run_until([&] { return !nothing_to_read(proxy.get()) && !nothing_to_read(other.get()); });
    settle();
    EXPECT_EQ(id_of(read_some(proxy.get())), 2);
    const Bytes twice = read_some(proxy.get());
    EXPECT_EQ(twice.size(), 12U);
    EXPECT_EQ(twice[3] & 0xf, 1) << "FORMERR";
    const Bytes stranger = read_some(other.get());
    EXPECT_EQ(stranger.size(), 12U);
    EXPECT_EQ(stranger[3] & 0xf, 1) << "FORMERR";
    EXPECT_EQ(id_of(read_some(other.get())), 5);
    EXPECT_TRUE(nothing_to_read(proxy.get()));
    EXPECT_EQ(counted(Counter::ProxyUnexpected), 2U);
    EXPECT_EQ(counted(Counter::ProxyMissing), 1U);
    EXPECT_EQ(counted(Counter::Malformed), 1U);
}

TEST(ProxiesTest, WithoutPrefixesNobodyIsAProxy) {
    const Proxies none{{}};
    EXPECT_FALSE(none.any());
    EXPECT_FALSE(none.has(engine::testing::ip("127.0.0.1")));
    const Proxies some{{Prefix::parse("10.0.0.0/30").value()}};
    EXPECT_TRUE(some.any());
    EXPECT_TRUE(some.has(engine::testing::ip("10.0.0.3")));
    EXPECT_FALSE(some.has(engine::testing::ip("10.0.0.4")));
}

TEST(ProxyPathsTest, EqualAddressesShareANumberAndOthersDoNot) {
    ProxyPaths paths;
    const ProxyPath one{testing::address("10.0.0.1:1000"), engine::testing::ip("10.0.0.53")};
    const ProxyPath other{testing::address("10.0.0.1:1001"), engine::testing::ip("10.0.0.53")};
    const ProxyPath third{testing::address("10.0.0.1:1000"), engine::testing::ip("10.0.0.54")};
    const std::uint32_t path = paths.keep(one);
    EXPECT_NE(path, 0U);
    EXPECT_EQ(paths.keep(one), path);
    EXPECT_NE(paths.keep(other), path);
    EXPECT_EQ(paths.at(path), one);
    EXPECT_EQ(paths.at(paths.keep(other)), other);
    EXPECT_EQ(paths.at(paths.keep(third)), third);
    EXPECT_EQ(paths.at(path), one);
    EXPECT_EQ(paths.at(0).proxy.port, 0);
    EXPECT_EQ(paths.at(path + 3).proxy.port, 0) << "none has it yet";
}

TEST(ProxyPathsTest, ANumberLastsForAsManyNewerOnes) {
    ProxyPaths paths;
    const SocketAddress first = testing::address("10.0.0.1:1");
    const std::uint32_t path = paths.keep({first, {}});
    SocketAddress next = testing::address("10.1.0.1:1");
    for (std::uint32_t i = 1; i < ProxyPaths::kKept; ++i) {
        ASSERT_EQ(paths.at(path).proxy, first) << i;
        next.port = static_cast<std::uint16_t>(i);
        next.scope_id = i;  // none is like another
        paths.keep({next, {}});
    }
    EXPECT_EQ(paths.at(path).proxy, first);
    next.scope_id = 0;
    const std::uint32_t last = paths.keep({next, {}});
    EXPECT_EQ(paths.at(path).proxy.port, 0) << "the reply is lost, and goes to no other";
    EXPECT_EQ(paths.at(last).proxy, next);
    EXPECT_NE(paths.keep({first, {}}), path);
}

TEST(ProxyPathsTest, AnOldNumberIsNotUsedForMore) {
    ProxyPaths paths;
    const SocketAddress proxy = testing::address("10.0.0.1:1");
    const std::uint32_t path = paths.keep({proxy, {}});
    SocketAddress next = testing::address("10.1.0.1:1");
    for (std::uint32_t i = 0; i < ProxyPaths::kKept / 2; ++i) {
        next.scope_id = i + 1;
        paths.keep({next, {}});
    }
    const std::uint32_t newer = paths.keep({proxy, {}});
    EXPECT_NE(newer, path);
    EXPECT_EQ(paths.at(newer).proxy, proxy);
    EXPECT_EQ(paths.at(path).proxy, proxy);
}

}  // namespace
}  // namespace cenote::server
