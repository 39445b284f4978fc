// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/reveals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/time_text.h"

namespace cenote::daemon {
namespace {

using ::testing::HasSubstr;

const WallTime kNow = parse_time("2026-11-30T09:00:00Z").value();
const std::string kPseudonym = "p-abcdefghijklmnop";

TEST(RevealsTest, AnotherPersonWithTheRightApproves) {
    Reveals reveals;
    const auto asked = reveals.ask("anna", kPseudonym, "an incident", kNow);
    ASSERT_TRUE(asked.ok());
    EXPECT_THAT(reveals.check_approval("anna", true, 1, kNow).error().text, HasSubstr("a second person"));
    EXPECT_THAT(reveals.check_approval("ben", false, 1, kNow).error().text,
                HasSubstr("be in a group of [control].approvers or admins"));
    EXPECT_THAT(reveals.check_approval("root", true, 1, kNow).error().text,
                HasSubstr("a member of [control].approvers or admins has to approve request 1"));
    EXPECT_THAT(reveals.result("anna", 1, kNow).error().text, HasSubstr("waits for a second person"));
    ASSERT_TRUE(reveals.check_approval("ben", true, 1, kNow).ok());
    reveals.approve("ben", 1);
    EXPECT_THAT(reveals.check_approval("carl", true, 1, kNow).error().text, HasSubstr("approved by ben already"));
    EXPECT_THAT(reveals.result("ben", 1, kNow).error().text, HasSubstr("no address was found"));
    reveals.note_client(1, "10.0.0.7");
    EXPECT_EQ(reveals.result("anna", 1, kNow)->client, "10.0.0.7");
    EXPECT_EQ(reveals.result("ben", 1, kNow)->client, "10.0.0.7");
    EXPECT_THAT(reveals.result("carl", 1, kNow).error().text, HasSubstr("only anna"));
}

TEST(RevealsTest, ARequestNeedsAPseudonymAndAPurpose) {
    Reveals reveals;
    for (const char* word : {"", "10.0.0.7", "p-abc", "p-abcdefghijklmno1", "q-abcdefghijklmnop"})
        EXPECT_THAT(reveals.ask("anna", word, "why", kNow).error().text, HasSubstr("is no pseudonym")) << word;
    EXPECT_THAT(reveals.ask("anna", kPseudonym, "", kNow).error().text, HasSubstr("--purpose"));
}

TEST(RevealsTest, RequestsEndAfterADayAndAreLimited) {
    Reveals reveals;
    for (std::size_t i = 0; i < Reveals::kMax; ++i) ASSERT_TRUE(reveals.ask("anna", kPseudonym, "why", kNow).ok());
    EXPECT_FALSE(reveals.ask("ben", kPseudonym, "why", kNow).ok());
    reveals.withdraw(20);
    ASSERT_TRUE(reveals.ask("ben", kPseudonym, "why", kNow + seconds(60)).ok());
    EXPECT_EQ(reveals.all(kNow + Reveals::kLasts + seconds(1)).size(), 1U);
    EXPECT_THAT(reveals.check_approval("ben", true, 1, kNow + Reveals::kLasts + seconds(1)).error().text,
                HasSubstr("there is no request 1"));
}

}  // namespace
}  // namespace cenote::daemon
