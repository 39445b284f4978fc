// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/web_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cenote::daemon {
namespace {

const control::Person kKim{1001, 1001, "kim"};
const control::Person kLee{1002, 1002, "lee"};

class WebSessionsTest : public ::testing::Test {
protected:
    WebSessions web_;
    Ticks now_ = ticks_now();
};

TEST_F(WebSessionsTest, ALinkSignsInOnce) {
    const auto link = web_.make_link(kKim, now_);
    ASSERT_TRUE(link);
    EXPECT_EQ(link->size(), 64U);
    const auto session = web_.begin(*link, now_);
    ASSERT_TRUE(session);
    EXPECT_EQ(session->person, kKim);
    EXPECT_NE(session->token, *link);
    EXPECT_FALSE(web_.begin(*link, now_));
    EXPECT_FALSE(web_.find(*link, now_));
    EXPECT_TRUE(web_.find(session->token, now_));
}

TEST_F(WebSessionsTest, LinksAndSessionsEndAtTheirTime) {
    const auto link = web_.make_link(kKim, now_);
    EXPECT_FALSE(web_.begin(*link, now_ + WebSessions::kLinkLasts));
    const auto session = web_.begin(kKim, now_);
    EXPECT_TRUE(web_.find(session->token, now_ + WebSessions::kSessionLasts - seconds(1)));
    EXPECT_FALSE(web_.find(session->token, now_ + WebSessions::kSessionLasts));
    EXPECT_EQ(web_.count(), 0U);
}

TEST_F(WebSessionsTest, SigningOutEndsOneSession) {
    const auto one = web_.begin(kKim, now_);
    const auto other = web_.begin(kKim, now_);
    web_.end(one->token);
    web_.end("no such token");
    EXPECT_FALSE(web_.find(one->token, now_));
    EXPECT_TRUE(web_.find(other->token, now_));
}

TEST_F(WebSessionsTest, OneUserTakesNoRoomFromOthers) {
    const auto oldest = web_.begin(kKim, now_);
    const auto of_lee = web_.begin(kLee, now_);
    for (std::size_t i = 0; i < WebSessions::kSessionsOfUserMax; ++i) EXPECT_TRUE(web_.begin(kKim, now_ + seconds(1)));
    EXPECT_FALSE(web_.find(oldest->token, now_));
    EXPECT_TRUE(web_.find(of_lee->token, now_));
    EXPECT_EQ(web_.count(), WebSessions::kSessionsOfUserMax + 1);
    const auto first = web_.make_link(kKim, now_);
    for (std::size_t i = 0; i < WebSessions::kLinksOfUserMax; ++i) EXPECT_TRUE(web_.make_link(kKim, now_ + seconds(1)));
    EXPECT_FALSE(web_.begin(*first, now_ + seconds(1)));
}

TEST_F(WebSessionsTest, LimitsInAllAreErrors) {
    for (std::uint32_t uid = 0; uid < WebSessions::kLinksMax; ++uid)
        EXPECT_TRUE(web_.make_link({uid, uid, "user"}, now_));
    EXPECT_FALSE(web_.make_link({5000, 5000, "user"}, now_));
    EXPECT_TRUE(web_.make_link({5000, 5000, "user"}, now_ + WebSessions::kLinkLasts));
    for (std::uint32_t uid = 0; uid < WebSessions::kSessionsMax; ++uid)
        EXPECT_TRUE(web_.begin(control::Person{uid, uid, "user"}, now_));
    EXPECT_FALSE(web_.begin(control::Person{5000, 5000, "user"}, now_));
}

}  // namespace
}  // namespace cenote::daemon
