// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/connection_times.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "resolver/base/fd.h"

namespace cenote::web {
namespace {

class ConnectionTimesTest : public testing::Test {
protected:
    ConnectionTimesTest() {
        std::array<int, 2> pair{};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair.data()), 0);
        ours_.reset(pair[0]);
        theirs_.reset(pair[1]);
    }
    [[nodiscard]] bool is_shut_down() const {
        char byte = 0;
        return ::recv(theirs_.get(), &byte, 1, MSG_DONTWAIT) == 0;
    }

    UniqueFd ours_;
    UniqueFd theirs_;
    ConnectionTimes times_;
    const Ticks now_ = ticks_now();
};

TEST_F(ConnectionTimesTest, ARequestThatIsNeverWholeEndsItsConnection) {
    times_.await_request(ours_.get(), now_);
    times_.end_late(now_ + ConnectionTimes::kRequestWithin - seconds(1));
    EXPECT_FALSE(is_shut_down());
    times_.end_late(now_ + ConnectionTimes::kRequestWithin);
    EXPECT_TRUE(is_shut_down());
}

TEST_F(ConnectionTimesTest, AStreamHasNoLimitHere) {
    times_.await_request(ours_.get(), now_);
    times_.await_nothing(ours_.get());
    times_.end_late(now_ + ConnectionTimes::kReplyWithin * 100);
    EXPECT_FALSE(is_shut_down());
}

TEST_F(ConnectionTimesTest, AConnectionThatHasEndedIsForgotten) {
    times_.await_reader(ours_.get(), now_);
    times_.remove(ours_.get());
    times_.end_late(now_ + ConnectionTimes::kReplyWithin);
    EXPECT_FALSE(is_shut_down());
}

}  // namespace
}  // namespace cenote::web
