// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/proxy_watch.h"

#include <gtest/gtest.h>

namespace cenote::daemon {
namespace {

using telemetry::Counter;

class ProxyWatchTest : public ::testing::Test {
protected:
    std::string look(seconds later = seconds{1}) {
        now_ += later;
        watch_.look(hub_, now_);
        return watch_.refused();
    }
    telemetry::Hub hub_;
    telemetry::Recorder& first_ = hub_.add_recorder();
    telemetry::Recorder& second_ = hub_.add_recorder();

private:
    ProxyWatch watch_;
    Ticks now_{seconds{1000}};
};

TEST_F(ProxyWatchTest, NothingIsRefusedAtFirst) {
    EXPECT_EQ(look(), "");
    first_.count(Counter::ProxyUnexpected);
    EXPECT_EQ(look(), "") << "that is no proxy";
}

TEST_F(ProxyWatchTest, ItLastsUntilFiveMinutesAfterTheLastOne) {
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

}  // namespace
}  // namespace cenote::daemon
