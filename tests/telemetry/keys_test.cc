// SPDX-License-Identifier: Apache-2.0
#include "resolver/telemetry/keys.h"

#include <gtest/gtest.h>

namespace cenote::telemetry {
namespace {

TEST(KeysTest, AreTheSameEachTimeAndOfTheirKind) {
    Keys keys;
    const Key openai = keys.intern(KeyKind::Service, "openai");
    const Key deepseek = keys.intern(KeyKind::Service, "deepseek");
    EXPECT_NE(openai, deepseek);
    EXPECT_NE(openai, kKeyNone);
    EXPECT_EQ(keys.intern(KeyKind::Service, "openai"), openai);
    EXPECT_EQ(keys.name(KeyKind::Service, openai), "openai");
    EXPECT_EQ(keys.name(KeyKind::Directive, openai), "(other)");
    EXPECT_EQ(keys.intern(KeyKind::Group, ""), kKeyNone);
    EXPECT_EQ(keys.name(KeyKind::Group, kKeyNone), "");
}

TEST(KeysTest, RunOutIntoOther) {
    Keys keys;
    Key last = 0;
    for (int i = 0; i < 65'534; ++i) last = keys.intern(KeyKind::Group, "g" + std::to_string(i));
    EXPECT_EQ(last, 65'534);
    EXPECT_EQ(keys.intern(KeyKind::Group, "one too many"), kKeyOther);
    EXPECT_EQ(keys.name(KeyKind::Group, kKeyOther), "(other)");
    EXPECT_EQ(keys.intern(KeyKind::Group, "g0"), 1);
    EXPECT_EQ(keys.intern(KeyKind::Service, "openai"), 1);
}

}  // namespace
}  // namespace cenote::telemetry
