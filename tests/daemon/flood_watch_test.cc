// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/flood_watch.h"

#include <gtest/gtest.h>

namespace cenote::daemon {
namespace {

using telemetry::Counter;

class FloodWatchTest : public ::testing::Test {
protected:
    std::string look(seconds later = seconds{1}) {
        now_ += later;
        watch_.look(hub_, now_);
        return watch_.reached();
    }
    telemetry::Hub hub_;
    telemetry::Recorder& first_ = hub_.add_recorder();
    telemetry::Recorder& second_ = hub_.add_recorder();

private:
    FloodWatch watch_;
    Ticks now_{seconds{1000}};
};

TEST_F(FloodWatchTest, NoLimitIsReachedAtFirst) {
    EXPECT_EQ(look(), "");
    first_.count(Counter::RefusedByAcl);
    EXPECT_EQ(look(), "") << "that is no limit";
}

TEST_F(FloodWatchTest, ItLastsUntilFiveMinutesAfterTheLastQuery) {
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
