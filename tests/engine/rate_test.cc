// SPDX-License-Identifier: Apache-2.0
//
// [limits].rate on the path of a query: what clients over it get, by what they show of themselves.
#include "tests/engine/fixture.h"
#include "tests/support/allocations.h"
#include "tests/support/packet.h"
#include "tests/wire/reply_fixture.h"

namespace cenote::engine::testing {
namespace {

using telemetry::Counter;
using telemetry::QueryTransport;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint32_t kRate = 5;
constexpr int kBurst = 20;
constexpr int kNotices = 40;
constexpr unsigned kCookie = 10;
const Bytes kClientPart{1, 2, 3, 4, 5, 6, 7, 8};

class RateTest : public EngineFixture {
protected:
    RateTest() {
        policy_.directives.push_back(directive("demo-1", policy::Step::Restrict, {"service:deepseek"}));
        base.cookies = {wire::CookieSecret{7}};
        limit(kRate);
        engine->set_wall_time(WallTime{seconds{1'800'000'000}});
    }
    /// 0: no limit.
    void limit(std::uint32_t rate) {
        const auto access = rate == 0 ? Access::kFree : Access::kLimited;
        base.rate = rate == 0 ? nullptr : std::make_shared<RateTable>(limits.client, rate);
        base.allow_from =
            PrefixTable(std::vector<std::pair<Prefix, std::uint32_t>>{{*Prefix::parse("10.0.0.0/8"), access}}, 0);
        in_force(policy_);
    }
    Outcome ask_sinkholed(const Bytes& options = {}) { return ask({.name = "chat.deepseek.com", .options = options}); }
    void use_up(int queries, const Bytes& options = {}) {
        for (int i = 0; i < queries; ++i) ask_sinkholed(options);
    }
    [[nodiscard]] wire::test::Reply read() const { return wire::test::read_reply(reply.written()); }
    [[nodiscard]] std::uint64_t counted(Counter counter) const { return hub.collect().get(counter); }
    /// A cookie of this server for the client.
    Bytes learn_cookie() {
        EXPECT_EQ(ask_sinkholed(test::option(kCookie, kClientPart)), Outcome::Answered);
        const auto read = this->read();
        const Bytes* const found = read.find(kCookie);
        return found != nullptr ? test::option(kCookie, *found) : Bytes{};
    }

    policy::Options policy_;
};

TEST_F(RateTest, AnswersThenTruncationThenNothing) {
    for (int i = 0; i < kBurst; ++i) {
        ASSERT_EQ(ask_sinkholed(), Outcome::Answered);
        ASSERT_EQ(read().an, 1U) << i;
    }
    const std::size_t query_size = query_bytes({.name = "chat.deepseek.com"}).size();
    for (int i = 0; i < kNotices; ++i) {
        ASSERT_EQ(ask_sinkholed(), Outcome::Answered);
        const auto got = read();
        EXPECT_TRUE(got.truncated());
        EXPECT_EQ(got.flags & 0xfU, 0U) << "NOERROR, so that the client asks by TCP";
        EXPECT_EQ(got.an + got.ns, 0U);
        EXPECT_TRUE(got.options.empty());
        EXPECT_LE(got.size, query_size) << "of no use to who reflects it";
    }
    for (int i = 0; i < 100; ++i) ASSERT_EQ(ask_sinkholed(), Outcome::Dropped);
    EXPECT_EQ(counted(Counter::RateLimited), static_cast<std::uint64_t>(kNotices + 100));
    EXPECT_EQ(counted(Counter::RateUnanswered), 100U);
    EXPECT_EQ(counted(Counter::Queries), static_cast<std::uint64_t>(kBurst)) << "the others got no verdict";
    now += seconds{1};
    EXPECT_EQ(ask_sinkholed(), Outcome::Answered);
    EXPECT_FALSE(read().truncated());
}

TEST_F(RateTest, TheOwnerOfAForgedAddressIsServedByTcpAndWithACookie) {
    use_up(1000);
    ASSERT_EQ(ask_sinkholed(), Outcome::Dropped);
    for (const QueryTransport transport : {QueryTransport::Tcp, QueryTransport::Tls, QueryTransport::Https}) {
        client.transport = transport;
        EXPECT_EQ(ask_sinkholed(), Outcome::Answered);
        EXPECT_EQ(read().an, 1U);
    }
    client.transport = QueryTransport::Udp;
    now += seconds{1};
    use_up(static_cast<int>(kRate));
    const Bytes cookie = learn_cookie();
    ASSERT_EQ(cookie.size(), 28U) << "a truncated reply brings one as well";
    EXPECT_TRUE(read().truncated());
    use_up(1000);
    ASSERT_EQ(ask_sinkholed(), Outcome::Dropped);
    EXPECT_EQ(ask_sinkholed(cookie), Outcome::Answered);
    EXPECT_EQ(read().an, 1U);
    Bytes forged = cookie;
    forged.back() ^= 1;
    EXPECT_EQ(ask_sinkholed(forged), Outcome::Dropped) << "one that this server did not make shows nothing";
}

TEST_F(RateTest, OverAConnectionWhoIsOverItIsRefused) {
    for (const QueryTransport transport : {QueryTransport::Tcp, QueryTransport::Tls, QueryTransport::Https}) {
        client.transport = transport;
        limit(kRate);
        use_up(kBurst);
        for (int i = 0; i < 200; ++i) {
            ASSERT_EQ(ask_sinkholed(), Outcome::Answered) << "a connection loses no query";
            const auto got = read();
            ASSERT_EQ(got.flags & 0xfU, 5U);
            ASSERT_FALSE(got.truncated());
            ASSERT_EQ(got.errors(), (std::vector<std::string>{"31:too many queries a second"}));
        }
    }
    EXPECT_EQ(counted(Counter::RateUnanswered), 0U);
    EXPECT_EQ(counted(Counter::RateLimited), 600U);
}

TEST_F(RateTest, WithACookieWhoIsOverItIsRefusedAndThenUnanswered) {
    const Bytes cookie = learn_cookie();
    use_up(kBurst, cookie);
    for (int i = 0; i < kNotices; ++i) {
        ASSERT_EQ(ask_sinkholed(cookie), Outcome::Answered);
        ASSERT_EQ(read().flags & 0xfU, 5U);
        ASSERT_FALSE(read().truncated()) << "TCP would not help";
    }
    EXPECT_EQ(ask_sinkholed(cookie), Outcome::Dropped);
    EXPECT_EQ(ask_sinkholed(), Outcome::Answered) << "the account of datagrams without one";
}

TEST_F(RateTest, OneClientTakesNothingFromAnother) {
    use_up(1000);
    client.peer.ip = ip("10.0.0.2");
    EXPECT_EQ(ask_sinkholed(), Outcome::Answered);
    EXPECT_EQ(read().an, 1U);
}

TEST_F(RateTest, FaultyQueriesAndStrangersCountToo) {
    auto broken = query_bytes({.name = "chat.deepseek.com"});
    broken[5] = 2;
    int replies = 0;
    for (int i = 0; i < 100; ++i) replies += ask_bytes(broken) == Outcome::Answered ? 1 : 0;
    EXPECT_EQ(replies, kBurst);
    EXPECT_EQ(counted(Counter::Formerr), static_cast<std::uint64_t>(kBurst));
    EXPECT_TRUE(ask_sinkholed() == Outcome::Answered && read().truncated());
    client.peer.ip = ip("192.0.2.1");
    for (int i = replies = 0; i < 100; ++i) {
        if (ask_sinkholed() != Outcome::Answered) continue;
        ++replies;
        ASSERT_EQ(read().flags & 0xfU, 5U);
    }
    EXPECT_EQ(replies, kBurst) << "they have no TCP to come back by";
    EXPECT_EQ(counted(Counter::RefusedByAcl), static_cast<std::uint64_t>(kBurst));
    client.transport = QueryTransport::Tcp;
    EXPECT_EQ(ask_bytes(broken), Outcome::Answered);
}

TEST_F(RateTest, AQueryThatWaitedIsChargedOnce) {
    for (int i = 0; i < kBurst; ++i) ASSERT_EQ(ask({.name = "n" + std::to_string(i) + ".example"}), Outcome::Pending);
    for (int i = 0; i < kBurst; ++i)
        answer(static_cast<std::size_t>(i), wire::Rcode::NoError,
               {{"n" + std::to_string(i) + ".example", "A", 300, "192.0.2.7"}}, {});
    ASSERT_EQ(late.size(), static_cast<std::size_t>(kBurst));
    for (const Bytes& each : late) EXPECT_EQ(wire::test::read_reply(each).an, 1U);
    now += seconds{1};
    for (std::uint32_t i = 0; i < kRate; ++i) {
        ASSERT_EQ(ask({.name = "n0.example"}), Outcome::Answered);
        ASSERT_EQ(read().an, 1U) << i;
    }
}

TEST_F(RateTest, WithoutALimitThereIsNone) {
    limit(0);
    for (int i = 0; i < 1000; ++i) {
        ASSERT_EQ(ask_sinkholed(), Outcome::Answered);
        ASSERT_EQ(read().an, 1U);
    }
    EXPECT_EQ(counted(Counter::RateLimited), 0U);
}

TEST_F(RateTest, NothingIsAllocated) {
    const Bytes plain = query_bytes({.name = "chat.deepseek.com"});
    const Bytes with_cookie = query_bytes({.name = "chat.deepseek.com", .options = learn_cookie()});
    ask_bytes(plain);
    const auto before = test::allocations();
    for (int i = 0; i < 200; ++i) {
        ask_bytes(plain);
        ask_bytes(with_cookie);
    }
    EXPECT_EQ(test::allocations(), before);
}

}  // namespace
}  // namespace cenote::engine::testing
