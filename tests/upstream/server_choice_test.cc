// SPDX-License-Identifier: Apache-2.0
//
// Which server is asked, and what is known of each: losses, failures, routes, speed, case of letters, EDNS.
#include <atomic>

#include "resolver/base/bytes.h"
#include "tests/upstream/forwarder_fixture.h"

namespace cenote::upstream {
namespace {

using test::answer_right;
using test::rcode_answer;
using test::right_answer;
using test::stay_silent;

Script rcode(std::uint8_t value) {
    return [value](const SeenQuery& query) { return Actions{{.bytes = rcode_answer(query.bytes, value)}}; };
}

/// An address at which no socket listens, as long as this lives.
class DeadAddress {
public:
    DeadAddress() : holder_(stay_silent(), test::Tcp::Refused) {}
    [[nodiscard]] SocketAddress address() const {
        SocketAddress address = holder_.address();
        address.ip = *IpAddress::parse("127.0.0.3");
        return address;
    }

private:
    ScriptedUpstream holder_;
};

class ServerChoiceTest : public ForwarderTest {};

TEST_F(ServerChoiceTest, DeadServerIsLeftForTheOther) {
    const DeadAddress dead;
    ScriptedUpstream upstream(answer_right());
    Options options = options_for({dead.address(), upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    EXPECT_TRUE(is_right(resolve("www.example")));
}

TEST_F(ServerChoiceTest, SilentServerIsLeftAfterThreeLossesAndProbedEachSecond) {
    ScriptedUpstream silent(stay_silent());
    ScriptedUpstream upstream(answer_right());
    Options options = options_for({silent.address(), upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    for (int i = 0; i < 3; ++i) ask("name" + std::to_string(i) + ".example");
    run_until(3);
    ASSERT_EQ(forwarder_->health().size(), 2U);
    EXPECT_FALSE(forwarder_->health()[0].healthy);
    EXPECT_TRUE(forwarder_->health()[1].healthy);

    const std::size_t before = silent.count();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(is_right(resolve("later" + std::to_string(i) + ".example")));
    EXPECT_EQ(silent.count(), before);  // except for probes, which ask for the root

    silent.play(answer_right());
    for (int i = 0; i < 300 && !forwarder_->health()[0].healthy; ++i) {
        run_for(milliseconds(10));
        resolve("again" + std::to_string(i) + ".example");
    }
    EXPECT_TRUE(forwarder_->health()[0].healthy);
}

TEST_F(ServerChoiceTest, WithNoHealthyServerLeftAQueryIsTriedAllTheSame) {
    ScriptedUpstream upstream(stay_silent());
    start(upstream);
    resolve("www.example");
    EXPECT_FALSE(forwarder_->health()[0].healthy);
    upstream.play(answer_right());
    EXPECT_TRUE(is_right(resolve("other.example")));
    EXPECT_TRUE(forwarder_->health()[0].healthy);
}

TEST_F(ServerChoiceTest, NobodyThereIsUnreachableAtTheEnd) {
    const DeadAddress dead;
    start(options_for({dead.address()}));
    EXPECT_EQ(resolve("www.example").ending, Ending::Unreachable);
}

TEST_F(ServerChoiceTest, ServerThatNothingCanBeSentToIsSickAndWellWithItsFirstAnswer) {
    ScriptedUpstream upstream(test::answer_right());
    const SocketAddress no_route = *SocketAddress::parse("255.255.255.255:53", 53);  // EACCES, as above
    auto options = options_for({no_route, upstream.address()});
    options.strategy = Strategy::Ordered;
    start(options);
    EXPECT_TRUE(is_right(resolve("a.example")));
    const auto health = forwarder_->health();
    EXPECT_FALSE(health[0].healthy);
    EXPECT_GT(health[0].failures, 0U);
    EXPECT_TRUE(health[1].healthy);
}

TEST_F(ServerChoiceTest, ServfailAndRefusedTurnToTheNextServerAtOnceAndDoNotMakeSick) {
    for (const auto code : std::initializer_list<std::uint8_t>{2, 5}) {
        ScriptedUpstream sorry(rcode(code));
        ScriptedUpstream upstream(answer_right());
        Options options = options_for({sorry.address(), upstream.address()});
        options.strategy = Strategy::Ordered;
        start(options);
        const Ticks asked = ticks_now();
        for (int i = 0; i < 20; ++i) {
            const Reported reported = resolve("name" + std::to_string(i) + std::to_string(code) + ".example");
            EXPECT_TRUE(is_right(reported));
        }
        EXPECT_LT(sink_.reported["name19" + std::to_string(code) + ".example"][0].at - asked, milliseconds(20 * 200));
        EXPECT_TRUE(forwarder_->health()[0].healthy);
        EXPECT_EQ(sorry.count(), 20U);
    }
}

TEST_F(ServerChoiceTest, FailureCarriesTheUpstreamsOwnError) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        Bytes bytes = rcode_answer(query.bytes, 2);
        const Bytes opt{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 6, 0, 15, 0, 2, 0, 9};  // EDE 9: DNSKEY Missing
        bytes.insert(bytes.end(), opt.begin(), opt.end());
        store_u16(&bytes[10], 1);
        return Actions{{.bytes = bytes}};
    });
    start(upstream);
    const Reported reported = resolve("www.example");
    EXPECT_EQ(reported.ending, Ending::Failed);
    EXPECT_EQ(reported.shape.rcode, wire::Rcode::ServFail);
    EXPECT_TRUE(reported.shape.has_error);
    EXPECT_EQ(reported.shape.error_code, wire::EdeCode{9});
}

TEST_F(ServerChoiceTest, NxdomainIsAnAnswer) {
    ScriptedUpstream upstream(rcode(3));
    start(upstream);
    const Reported reported = resolve("www.example");
    EXPECT_EQ(reported.ending, Ending::Answered);
    EXPECT_EQ(reported.shape.rcode, wire::Rcode::NXDomain);
}

TEST_F(ServerChoiceTest, LongestRouteWins) {
    ScriptedUpstream general(answer_right()), zone(answer_right()), deep(answer_right());
    Options options = options_for({general.address()});
    options.routes.push_back({*wire::Name::parse("corp.example"), {{zone.address(), ""}}});
    options.routes.push_back({*wire::Name::parse("lab.corp.example"), {{deep.address(), ""}}});
    start(options);
    for (const char* name : {"example", "notcorp.example", "corp.example", "a.corp.example", "b.lab.corp.example"})
        EXPECT_TRUE(is_right(resolve(name))) << name;
    EXPECT_EQ(general.count(), 2U);
    EXPECT_EQ(zone.count(), 2U);
    EXPECT_EQ(deep.count(), 1U);
}

TEST_F(ServerChoiceTest, FastestServerIsFoundAndKept) {
    ScriptedUpstream slow(after(milliseconds(60)));
    ScriptedUpstream fast(after(milliseconds(1)));
    start(options_for({slow.address(), fast.address()}));
    for (int i = 0; i < 20; ++i) resolve("name" + std::to_string(i) + ".example");
    EXPECT_GE(fast.count(), 17U);
}

TEST_F(ServerChoiceTest, SpreadUsesAllServers) {
    ScriptedUpstream first(answer_right()), second(answer_right());
    Options options = options_for({first.address(), second.address()});
    options.strategy = Strategy::Spread;
    start(options);
    for (int i = 0; i < 60; ++i) resolve("name" + std::to_string(i) + ".example");
    EXPECT_GT(first.count(), 5U);
    EXPECT_GT(second.count(), 5U);
}

TEST_F(ServerChoiceTest, ServerThatLosesLettersCaseIsNoticed) {
    std::atomic<bool> mixed{false};
    ScriptedUpstream upstream(
        [&mixed](const SeenQuery& query) {
            Bytes bytes = right_answer(query.bytes);
            for (std::size_t i = 13; bytes[i] != 0; ++i) {
                mixed = bytes[i] >= 'A' && bytes[i] <= 'Z' ? true : mixed.load();
                bytes[i] = bytes[i] >= 'A' && bytes[i] <= 'Z' ? static_cast<std::uint8_t>(bytes[i] + 32) : bytes[i];
            }
            return Actions{{.bytes = bytes}};
        },
        test::Tcp::Refused);
    Options options = options_for({upstream.address()});
    options.timeout = milliseconds(2000);
    start(options);
    const std::string name = "a-long-name-with-many-letters.example";
    EXPECT_TRUE(is_right(resolve(name)));
    EXPECT_TRUE(mixed);
    mixed = false;
    const std::size_t before = upstream.count();
    EXPECT_TRUE(is_right(resolve("another-" + name)));
    EXPECT_FALSE(mixed);
    EXPECT_EQ(upstream.count(), before + 1);
}

TEST_F(ServerChoiceTest, ServerWithoutEdnsIsRemembered) {
    ScriptedUpstream upstream([](const SeenQuery& query) {
        return Actions{{.bytes = query.has_edns() ? rcode_answer(query.bytes, 1) : right_answer(query.bytes)}};
    });
    start(upstream);
    EXPECT_TRUE(is_right(resolve("a.example")));
    EXPECT_EQ(upstream.count(), 2U);
    EXPECT_TRUE(is_right(resolve("b.example")));
    EXPECT_EQ(upstream.count(), 3U);
}

TEST_F(ServerChoiceTest, ApplyKeepsWhatIsKnownOfAServer) {
    ScriptedUpstream upstream(answer_right());
    start(upstream);
    resolve("a.example");
    const double rtt = forwarder_->health()[0].rtt_ms;
    EXPECT_GT(rtt, 0.0);
    forwarder_->apply(options_for({upstream.address()}));
    EXPECT_EQ(forwarder_->health()[0].rtt_ms, rtt);
}

}  // namespace
}  // namespace cenote::upstream
