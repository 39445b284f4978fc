// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/target.h"

#include <gtest/gtest.h>

namespace cenote::web {
namespace {

TEST(Target, PathAndQueryAreDecoded) {
    const auto target = read_target("/services/%EB%94%A5?q=a+b%26c&lang=ko&q=second&empty");
    ASSERT_TRUE(target);
    EXPECT_EQ(target->path, "/services/딥");
    EXPECT_EQ(target->query.at("q"), "a b&c");
    EXPECT_EQ(target->query.at("lang"), "ko");
    EXPECT_EQ(target->query.at("empty"), "");
    EXPECT_EQ(target->query.size(), 3U);
}

TEST(Target, TheRootHasNoPart) {
    ASSERT_TRUE(read_target("/"));
    EXPECT_EQ(read_target("/?range=7d")->path, "/");
    EXPECT_TRUE(read_target("/?")->query.empty());
}

TEST(Target, APlusInAPathIsAPlus) { EXPECT_EQ(read_target("/a+b")->path, "/a+b"); }

TEST(Target, WhatLeadsElsewhereIsRefused) {
    for (const char* raw :
         {"", "x", "http://other.example/", "*", "//etc/passwd", "/../etc/passwd", "/services/..", "/./x", "/services/",
          "/a//b", "/%2e%2e/x", "/%2E/x", "/a%2fb", "/a%5cb", "/a\\b", "/#x", "/a?b#c", "/a b", "/a?b c"})
        EXPECT_FALSE(read_target(raw)) << raw;
}

TEST(Target, WhatIsNoTextIsRefused) {
    for (const char* raw : {"/%", "/%4", "/%zz", "/%00", "/%0a", "/%7f", "/%c3", "/%c0%af", "/%ed%a0%80", "/?q=%ff",
                            "/?q=%0d%0aSet-Cookie:x", "/?%00=1", "/?=1"})
        EXPECT_FALSE(read_target(raw)) << raw;
}

TEST(Target, LimitsHold) {
    EXPECT_TRUE(read_target("/" + std::string(kTargetBytesMax - 1, 'a')));
    EXPECT_FALSE(read_target("/" + std::string(kTargetBytesMax, 'a')));
    std::string many = "/?a=1";
    for (std::size_t i = 1; i < kParametersMax; ++i) many += "&a=1";
    EXPECT_TRUE(read_target(many));
    EXPECT_FALSE(read_target(many + "&a=1"));
}

}  // namespace
}  // namespace cenote::web
