// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/counter_watch.h"

#include <gtest/gtest.h>

namespace cenote::daemon {
namespace {

using telemetry::Counter;

class CounterWatchTest : public ::testing::Test {
protected:
    explicit CounterWatchTest(CounterWatch watch) : watch_(std::move(watch)) {}

    std::string look(seconds later = seconds{1}) {
        now_ += later;
        watch_.look(hub_, now_);
        return watch_.text();
    }
    telemetry::Hub hub_;
    telemetry::Recorder& first_ = hub_.add_recorder();
    telemetry::Recorder& second_ = hub_.add_recorder();

private:
    CounterWatch watch_;
    Ticks now_{seconds{1000}};
};

class RefusedProxiesTest : public CounterWatchTest {
protected:
    RefusedProxiesTest() : CounterWatchTest(watch_refused_proxies()) {}
};

class ReachedLimitsTest : public CounterWatchTest {
protected:
    ReachedLimitsTest() : CounterWatchTest(watch_reached_limits()) {}
};

TEST_F(RefusedProxiesTest, NothingIsRefusedAtFirst) {
    EXPECT_EQ(look(), "");
    first_.count(Counter::ProxyUnexpected);
    EXPECT_EQ(look(), "") << "that is no proxy";
}

TEST_F(RefusedProxiesTest, ItLastsUntilFiveMinutesAfterTheLastOne) {
    const std::string begin = "proxies are refused for the PROXY headers of their datagrams and connections: ";
    first_.count(Counter::ProxyVersion1);
    EXPECT_EQ(look(), begin + "1 of version 1, where 2 is read");
    second_.count(Counter::ProxyVersion1);
    second_.count(Counter::ProxyMissing);
    EXPECT_EQ(look(seconds{299}), begin + "1 without one; 2 of version 1, where 2 is read");
    EXPECT_NE(look(seconds{300}), "");
    EXPECT_EQ(look(), "");
    first_.count(Counter::ProxySlow);
    EXPECT_EQ(look(), begin + "1 not in time") << "of this time alone";
}

TEST_F(ReachedLimitsTest, NoLimitIsReachedAtFirst) {
    EXPECT_EQ(look(), "");
    first_.count(Counter::RefusedByAcl);
    EXPECT_EQ(look(), "") << "that is no limit";
}

TEST_F(ReachedLimitsTest, ItLastsUntilFiveMinutesAfterTheLastQuery) {
    const std::string begin = "clients reach limits; queries beyond them: ";
    first_.count(Counter::RateLimited);
    EXPECT_EQ(look(), begin + "1 over [limits].rate of their client");
    second_.count(Counter::RateLimited);
    second_.count(Counter::PendingOverflow);
    EXPECT_EQ(look(seconds{299}), begin +
                                      "2 over [limits].rate of their client; 1 for which there was no place among "
                                      "those that wait for upstream");
    EXPECT_NE(look(seconds{300}), "");
    EXPECT_EQ(look(), "");
    first_.count(Counter::PendingPerClientOverflow);
    EXPECT_EQ(look(), begin + "1 of a client with its share of queries that wait for upstream") << "of this time alone";
}

}  // namespace
}  // namespace cenote::daemon
