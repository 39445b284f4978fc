// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/rate_table.h"

#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <thread>
#include <vector>

namespace cenote::engine {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

constexpr std::uint32_t kRate = 10;
constexpr Ticks kStart = Ticks{} + seconds{1000};

struct Given {
    int answers = 0;
    int notices = 0;
    int none = 0;
    friend bool operator==(const Given&, const Given&) = default;
};
void PrintTo(const Given& given, std::ostream* out) {
    *out << given.answers << " answers, " << given.notices << " notices, " << given.none << " none";
}

class RateTableTest : public ::testing::Test {
protected:
    Given ask(std::string_view client, int times, Ticks at, Standing standing = Standing::Claimed) {
        Given given;
        for (int i = 0; i < times; ++i) {
            if (table_.take_answer(ip(client), standing, at))
                ++given.answers;
            else if (table_.take_notice(ip(client), standing, at))
                ++given.notices;
            else
                ++given.none;
        }
        return given;
    }

    RateTable table_{ClientPrefix{}, kRate};
};

TEST_F(RateTableTest, ABurstOfFourTimesTheRateThenNoticesThenNothing) {
    EXPECT_EQ(ask("192.0.2.1", 40, kStart), (Given{40, 0, 0}));
    EXPECT_EQ(ask("192.0.2.1", 80, kStart), (Given{0, 80, 0}));
    EXPECT_EQ(ask("192.0.2.1", 1000, kStart), (Given{0, 0, 1000}));
}

TEST_F(RateTableTest, ItFillsUpAtTheRate) {
    ask("192.0.2.1", 1000, kStart);
    EXPECT_EQ(ask("192.0.2.1", 100, kStart + milliseconds{100}), (Given{1, 8, 91}));
    EXPECT_EQ(ask("192.0.2.1", 100, kStart + milliseconds{600}), (Given{5, 40, 55}));
    EXPECT_EQ(ask("192.0.2.1", 1000, kStart + milliseconds{3600}), (Given{30, 80, 890})) << "notices of one second";
    EXPECT_EQ(ask("192.0.2.1", 100, kStart + seconds{100}).answers, 40) << "never more than the burst";
}

/// However a flood is spread over time, what is answered is the burst and then the rate.
TEST_F(RateTableTest, AFloodGetsTheRate) {
    Given sum;
    for (int ms = 0; ms < 10'000; ms += 5) {
        const Given given = ask("192.0.2.1", 3, kStart + milliseconds{ms});
        sum.answers += given.answers;
        sum.notices += given.notices;
        sum.none += given.none;
    }
    EXPECT_NEAR(sum.answers, 40 + 10 * 10, 1);
    EXPECT_NEAR(sum.notices, 80 + 10 * 80, 20) << "a second's at first";
    EXPECT_EQ(sum.answers + sum.notices + sum.none, 6000);
}

TEST_F(RateTableTest, WhoStaysBelowIsAlwaysAnswered) {
    for (int i = 0; i < 1000; ++i)
        ASSERT_TRUE(table_.take_answer(ip("192.0.2.1"), Standing::Claimed, kStart + i * milliseconds{100})) << i;
}

TEST_F(RateTableTest, AClientIsAPrefix) {
    RateTable table({.v4 = 24, .v6 = 56}, 1);
    const auto answers = [&](std::initializer_list<std::string_view> clients) {
        int count = 0;
        for (const std::string_view client : clients)
            count += table.take_answer(ip(client), Standing::Claimed, kStart) ? 1 : 0;
        return count;
    };
    EXPECT_EQ(answers({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.255", "192.0.2.9"}), 4) << "two in a prefix";
    EXPECT_EQ(answers({"192.0.3.1", "192.0.1.255"}), 2);
    EXPECT_EQ(answers({"2001:db8:0:aa01::1", "2001:db8:0:aaff:ffff::", "2001:db8:0:aa00::", "2001:db8:0:aa77::5",
                       "2001:db8:0:aa01::1"}),
              4);
    EXPECT_EQ(answers({"2001:db8:0:ab00::1", "2001:db8:0:a9ff::1"}), 2) << "the neighbours of a /56";
}

TEST_F(RateTableTest, ByDefaultAnAddressOfIpv4IsAClient) {
    ask("192.0.2.1", 1000, kStart);
    EXPECT_EQ(ask("192.0.2.2", 40, kStart).answers, 40);
}

/// Forged datagrams take nothing from the client whose address they have.
TEST_F(RateTableTest, WhoShowsItsAddressHasAnAccountOfItsOwn) {
    ask("192.0.2.1", 1000, kStart);
    EXPECT_EQ(ask("192.0.2.1", 200, kStart, Standing::Shown), (Given{40, 80, 80}));
    EXPECT_EQ(ask("192.0.2.1", 1, kStart, Standing::Claimed), (Given{0, 0, 1}));
}

TEST_F(RateTableTest, AnotherRateHoldsFromNowOn) {
    ask("192.0.2.1", 40, kStart);
    table_.set_rate(1000);
    EXPECT_EQ(ask("192.0.2.1", 1000, kStart + milliseconds{100}).answers, 100) << "what was used stays used";
    table_.set_rate(1);
    EXPECT_EQ(ask("192.0.2.2", 100, kStart).answers, 4);
}

TEST_F(RateTableTest, TheHighestRateIsARate) {
    RateTable table({}, 1'000'000);
    int answers = 0;
    for (int i = 0; i < 5'000'000; ++i)
        answers += table.take_answer(ip("192.0.2.1"), Standing::Claimed, kStart) ? 1 : 0;
    EXPECT_EQ(answers, 4'000'000);
}

/// The limit is one for all workers.
TEST_F(RateTableTest, WorkersShareIt) {
    std::array<Given, 4> given;
    {
        std::vector<std::thread> workers;
        for (Given& each : given) workers.emplace_back([&] { each = ask("192.0.2.1", 500, kStart); });
        for (std::thread& worker : workers) worker.join();
    }
    Given sum;
    for (const Given& each : given) {
        sum.answers += each.answers;
        sum.notices += each.notices;
    }
    EXPECT_EQ(sum, (Given{40, 80, 0}));
}

}  // namespace
}  // namespace cenote::engine
