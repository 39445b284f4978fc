// SPDX-License-Identifier: Apache-2.0
//
// Cookies (RFC 7873, RFC 9018) and edns-tcp-keepalive (RFC 7828) on the whole path of a query.
#include "resolver/wire/cookie.h"

#include "tests/engine/fixture.h"
#include "tests/support/packet.h"
#include "tests/wire/reply_fixture.h"

namespace cenote::engine::testing {
namespace {

using telemetry::Counter;
using telemetry::QueryTransport;
using wire::Rcode;
using Bytes = std::vector<std::uint8_t>;

constexpr unsigned kCookie = 10;
constexpr unsigned kKeepalive = 11;
constexpr WallTime kWallTime{seconds{1'800'000'000}};
const Bytes kClientPart{1, 2, 3, 4, 5, 6, 7, 8};

Bytes option(unsigned code, const Bytes& data) {
    test::Packet out;
    out.u16(code).u16(static_cast<unsigned>(data.size())).bytes(data);
    return out.data;
}

class CookieTest : public EngineFixture {
protected:
    CookieTest() {
        policy_.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
        use_secrets({wire::CookieSecret{7}});
        engine->set_wall_time(kWallTime);
    }
    void use_secrets(const std::vector<wire::CookieSecret>& secrets) {
        base.cookies = secrets;
        in_force(policy_);
    }
    /// The data of an option of a reply; empty: it has none.
    static Bytes option_of(ByteView message, unsigned code) {
        const auto read = wire::test::read_reply(message);
        const Bytes* const found = read.find(code);
        return found != nullptr ? *found : Bytes{};
    }
    Bytes cookie_for(const Bytes& sent, const std::string& name = "chat.deepseek.com") {
        EXPECT_EQ(ask({.name = name, .options = option(kCookie, sent)}), Outcome::Answered) << name;
        return option_of(reply.written(), kCookie);
    }
    [[nodiscard]] unsigned rcode() const {
        const auto read = wire::test::read_reply(reply.written());
        return (read.flags & 0xfU) | (read.opt_ttl >> 24U << 4U);
    }
    [[nodiscard]] std::uint64_t counted(Counter counter) const { return hub.collect().get(counter); }

private:
    policy::Options policy_;
};

TEST_F(CookieTest, AClientLearnsACookieAndSendsItBack) {
    const Bytes learned = cookie_for(kClientPart);
    ASSERT_EQ(learned.size(), 24U);
    EXPECT_TRUE(std::equal(kClientPart.begin(), kClientPart.end(), learned.begin()));
    EXPECT_EQ(cookie_for(learned), learned);
    client.peer.port = 4001;
    client.transport = QueryTransport::Tls;
    EXPECT_EQ(cookie_for(learned), learned) << "the same address over another transport";
    EXPECT_EQ(counted(Counter::CookiesNew), 1U);
    EXPECT_EQ(counted(Counter::CookiesValid), 2U);
}

TEST_F(CookieTest, ReplyOfEachKindHasIt) {
    EXPECT_EQ(cookie_for(kClientPart).size(), 24U);
    ask({.name = "id.server", .type = "TXT", .rr_class = 3, .options = option(kCookie, kClientPart)});
    EXPECT_EQ(option_of(reply.written(), kCookie).size(), 24U);
    ASSERT_EQ(ask({.name = "www.example", .options = option(kCookie, kClientPart)}), Outcome::Pending);
    EXPECT_EQ(counted(Counter::CookiesNew), 2U) << "it counts when it is answered";
    answer(0, Rcode::NoError, {{"www.example", "A", 300, "192.0.2.7"}}, {});
    EXPECT_EQ(option_of(late.at(0), kCookie).size(), 24U);
    EXPECT_EQ(cookie_for(kClientPart, "www.example").size(), 24U) << "from the cache";
    ASSERT_EQ(ask({.name = "fails.example", .options = option(kCookie, kClientPart)}), Outcome::Pending);
    fail(1, upstream::Ending::TimedOut);
    EXPECT_EQ(option_of(late.at(1), kCookie).size(), 24U);
    EXPECT_EQ(counted(Counter::CookiesNew), 5U);
    ask({.name = "www.example", .type = "AXFR", .options = option(kCookie, kClientPart)});
    EXPECT_EQ(option_of(reply.written(), kCookie).size(), 24U);
    client.peer.ip = ip("192.0.2.1");
    EXPECT_EQ(cookie_for(kClientPart).size(), 24U);
    EXPECT_EQ(rcode(), 5U);
}

TEST_F(CookieTest, TheCookieOfAnotherClientIsInvalidAndReplaced) {
    const Bytes learned = cookie_for(kClientPart);
    client.peer.ip = ip("10.0.0.2");
    const Bytes other = cookie_for(learned);
    EXPECT_NE(other, learned);
    EXPECT_EQ(rcode(), 0U) << "an invalid cookie counts as none";
    EXPECT_EQ(cookie_for(other), other);
    EXPECT_EQ(counted(Counter::CookiesInvalid), 1U);
    EXPECT_EQ(counted(Counter::CookiesValid), 1U);
}

TEST_F(CookieTest, ItAges) {
    const Bytes learned = cookie_for(kClientPart);
    engine->set_wall_time(kWallTime + seconds{1801});
    const Bytes renewed = cookie_for(learned);
    EXPECT_NE(renewed, learned);
    EXPECT_EQ(counted(Counter::CookiesValid), 1U);
    engine->set_wall_time(kWallTime + seconds{3601});
    EXPECT_EQ(cookie_for(renewed), renewed);
    cookie_for(learned);
    EXPECT_EQ(counted(Counter::CookiesInvalid), 1U);
}

TEST_F(CookieTest, ARolledSecretIsTakenWithTheSnapshot) {
    const Bytes learned = cookie_for(kClientPart);
    use_secrets({wire::CookieSecret{8}, wire::CookieSecret{7}});
    const Bytes renewed = cookie_for(learned);
    EXPECT_NE(renewed, learned);
    use_secrets({wire::CookieSecret{8}});
    EXPECT_EQ(cookie_for(renewed), renewed);
    EXPECT_EQ(counted(Counter::CookiesInvalid), 0U);
    cookie_for(learned);
    EXPECT_EQ(counted(Counter::CookiesInvalid), 1U);
}

TEST_F(CookieTest, WhereCookiesAreOffNoneIsAnswered) {
    use_secrets({});
    EXPECT_TRUE(cookie_for(kClientPart).empty());
    EXPECT_EQ(counted(Counter::CookiesNew), 0U);
    EXPECT_TRUE(cookie_for(Bytes(7)).empty());
    EXPECT_EQ(rcode(), 1U) << "a malformed one is a malformed query all the same";
}

TEST_F(CookieTest, AMalformedCookieIsAMalformedQuery) {
    for (const std::size_t size : {0U, 7U, 9U, 15U, 41U}) {
        EXPECT_TRUE(cookie_for(Bytes(size)).empty()) << size;
        EXPECT_EQ(rcode(), 1U) << size;
    }
    EXPECT_EQ(counted(Counter::Formerr), 5U);
}

TEST_F(CookieTest, ACookieMayBeAskedForAlone) {
    const auto ask_alone = [this](const Bytes& options) {
        test::Packet packet;
        packet.header(0x1234, 0, 0, 0, 0, 1).opt(options);
        EXPECT_EQ(ask_bytes(packet.data), Outcome::Answered);
        return wire::test::read_reply(reply.written());
    };
    const auto learned = ask_alone(option(kCookie, kClientPart));
    EXPECT_EQ(rcode(), 0U);
    EXPECT_EQ(learned.qd + learned.an + learned.ns, 0U);
    ASSERT_NE(learned.find(kCookie), nullptr);
    const auto confirmed = ask_alone(option(kCookie, *learned.find(kCookie)));
    EXPECT_EQ(rcode(), 0U);
    EXPECT_EQ(*confirmed.find(kCookie), *learned.find(kCookie));
    const auto replaced = ask_alone(option(kCookie, Bytes(24, 1)));
    EXPECT_EQ(rcode(), 23U) << "BADCOOKIE";
    EXPECT_EQ(replaced.find(kCookie)->size(), 24U);
    ask_alone({});
    EXPECT_EQ(rcode(), 1U);
    ask_alone(option(kCookie, Bytes(9)));
    EXPECT_EQ(rcode(), 1U);
    client.peer.ip = ip("192.0.2.1");
    ask_alone(option(kCookie, kClientPart));
    EXPECT_EQ(rcode(), 5U);
    client.peer.ip = ip("10.0.0.1");
    use_secrets({});
    ask_alone(option(kCookie, kClientPart));
    EXPECT_EQ(rcode(), 1U);
}

TEST_F(CookieTest, WhereItIsRequiredDatagramsWithoutAValidOneComeAgain) {
    base.cookies_required = true;
    use_secrets({wire::CookieSecret{7}});
    const auto flags = [this] { return wire::test::read_reply(reply.written()).flags; };
    const Bytes learned = cookie_for(kClientPart);
    EXPECT_EQ(rcode(), 23U) << "BADCOOKIE";
    ASSERT_EQ(learned.size(), 24U);
    EXPECT_EQ(wire::test::read_reply(reply.written()).an, 0U);
    EXPECT_EQ(cookie_for(learned), learned);
    EXPECT_EQ(rcode(), 0U);
    EXPECT_EQ(wire::test::read_reply(reply.written()).an, 1U);
    Bytes forged = learned;
    forged.back() ^= 1;
    EXPECT_EQ(cookie_for(forged), learned);
    EXPECT_EQ(rcode(), 23U);
    for (const bool edns : {true, false}) {
        ASSERT_EQ(ask({.name = "chat.deepseek.com", .edns = edns}), Outcome::Answered);
        EXPECT_EQ(rcode(), 0U);
        EXPECT_NE(flags() & wire::kFlagTc, 0);
        EXPECT_EQ(wire::test::read_reply(reply.written()).an, 0U);
    }
    ASSERT_EQ(ask({.name = "www.example"}), Outcome::Answered);
    EXPECT_EQ(forwarder->asked_count, 0U) << "nothing goes upstream for it";
    EXPECT_EQ(counted(Counter::CookieRequired), 5U);
    EXPECT_EQ(counted(Counter::CookiesNew), 1U);
    EXPECT_EQ(counted(Counter::CookiesInvalid), 1U);
    EXPECT_EQ(counted(Counter::CookiesValid), 1U) << "once";
    EXPECT_EQ(counted(Counter::QueriesUdp), 1U) << "a verdict was needed for one alone";

    for (const auto transport : {QueryTransport::Tcp, QueryTransport::Tls, QueryTransport::Https}) {
        client.transport = transport;
        EXPECT_EQ(cookie_for(forged), learned);
        EXPECT_EQ(rcode(), 0U);
        ask({.name = "chat.deepseek.com"});
        EXPECT_EQ(flags() & wire::kFlagTc, 0);
    }
    client.transport = QueryTransport::Udp;
    EXPECT_TRUE(cookie_for(Bytes(9)).empty());
    EXPECT_EQ(rcode(), 1U) << "a malformed query is that first";
    client.peer.ip = ip("192.0.2.1");
    ask({.name = "chat.deepseek.com"});
    EXPECT_EQ(rcode(), 5U) << "and so is one that may not ask";
}

TEST_F(CookieTest, InABatchItIsRequiredAsWell) {
    base.cookies_required = true;
    use_secrets({wire::CookieSecret{7}});
    const Bytes packet = query_bytes({.name = "chat.deepseek.com"});
    std::vector<Datagram> batch(1);
    batch[0].client = client;
    batch[0].packet = packet;
    engine->handle(batch, space, now);
    EXPECT_NE(wire::test::read_reply(batch[0].reply).flags & wire::kFlagTc, 0);
    base.cookies_required = false;
    use_secrets({wire::CookieSecret{7}});
    batch[0] = {client, packet, {}};
    engine->handle(batch, space, now);
    EXPECT_EQ(wire::test::read_reply(batch[0].reply).an, 1U);
}

TEST_F(CookieTest, KeepaliveIsForStreamsAndForClientsThatSentIt) {
    const auto keepalive = [this](QueryTransport transport, const Bytes& options) {
        client.transport = transport;
        EXPECT_EQ(ask({.name = "chat.deepseek.com", .options = options}), Outcome::Answered);
        return option_of(reply.written(), kKeepalive);
    };
    for (const auto transport : {QueryTransport::Tcp, QueryTransport::Tls}) {
        EXPECT_EQ(keepalive(transport, option(kKeepalive, {})), (Bytes{0, 100}));
        EXPECT_TRUE(keepalive(transport, {}).empty());
    }
    for (const auto transport : {QueryTransport::Udp, QueryTransport::Https, QueryTransport::Quic}) {
        EXPECT_TRUE(keepalive(transport, option(kKeepalive, {})).empty());
        EXPECT_EQ(rcode(), 0U);
    }
    engine->set_idle_timeout(milliseconds{2500});
    EXPECT_EQ(keepalive(QueryTransport::Tcp, option(kKeepalive, {})), (Bytes{0, 25}));
    engine->set_idle_timeout(milliseconds{0});
    EXPECT_EQ(keepalive(QueryTransport::Tcp, option(kKeepalive, {})), (Bytes{0, 0})) << "the client is to close";
}

TEST_F(CookieTest, AValueInKeepaliveIsMalformedOverStreamsAndIgnoredOverUdp) {
    for (const auto transport : {QueryTransport::Tcp, QueryTransport::Tls, QueryTransport::Udp}) {
        client.transport = transport;
        for (const std::size_t size : {1U, 2U, 3U}) {
            ask({.name = "chat.deepseek.com", .options = option(kKeepalive, Bytes(size))});
            EXPECT_EQ(rcode(), transport == QueryTransport::Udp ? 0U : 1U) << size;
            EXPECT_TRUE(option_of(reply.written(), kKeepalive).empty());
        }
        ask({.name = "chat.deepseek.com", .type = "AXFR", .options = option(kKeepalive, Bytes(2))});
        EXPECT_EQ(rcode(), 5U) << "what may not be asked at all comes first";
    }
    std::vector<Datagram> batch(1);
    const Bytes packet = query_bytes({.name = "chat.deepseek.com", .options = option(kKeepalive, Bytes(2))});
    batch[0].client = client;
    batch[0].client.transport = QueryTransport::Udp;
    batch[0].packet = packet;
    engine->handle(batch, space, now);
    EXPECT_EQ(wire::test::read_reply(batch[0].reply).an, 1U) << "in a batch as well";
}

}  // namespace
}  // namespace cenote::engine::testing
