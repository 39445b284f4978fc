// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/resolve.h"

#include <gtest/gtest.h>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using testing::directive;
using testing::name;

/// The names of the catalogue that a directive takes.
std::vector<std::string> taken(const Directive& by) {
    const auto base = testing::catalogue();
    const Coverage coverage = cover(by, *base);
    std::vector<std::string> found;
    for (const std::string text : {"deepseek.com", "openai.com", "api.openai.com", "turn.livekit.cloud", "soul.example",
                                   "mask.icloud.com", "bad.example"}) {
        for (const std::uint32_t tag : base->source_set(base->match(name(text))->tags)) {
            if (std::find(coverage.tags.begin(), coverage.tags.end(), tag) != coverage.tags.end())
                found.push_back(text);
        }
    }
    return found;
}

using Names = std::vector<std::string>;

TEST(Resolve, ByNameAndAlias) {
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:openai"})), (Names{"openai.com", "api.openai.com"}));
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:chatgpt"})), (Names{"openai.com", "api.openai.com"}));
    EXPECT_EQ(taken(directive("d", Step::Block, {"list:extra"})), (Names{"bad.example"}));
    EXPECT_EQ(taken(directive("d", Step::Block, {"list:openai"})), Names{});
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:extra"})), Names{});
}

TEST(Resolve, WildcardsLeaveOutWhatIsOffByDefault) {
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:*"})),
              (Names{"deepseek.com", "openai.com", "api.openai.com"}));
    EXPECT_EQ(taken(directive("d", Step::Block, {"category:companion"})), Names{});
    EXPECT_EQ(taken(directive("d", Step::Block, {"vendor:soul gmbh"})), Names{});
    EXPECT_EQ(taken(directive("d", Step::Block, {"jurisdiction:de"})), Names{});
    EXPECT_EQ(taken(directive("d", Step::Block, {"category:bypass"})), Names{});
    Directive bypass = directive("d", Step::Block, {"category:bypass"});
    bypass.strict = true;
    EXPECT_EQ(taken(bypass), Names{"mask.icloud.com"});
    Directive strict = directive("d", Step::Block, {"service:*"});
    strict.strict = true;
    EXPECT_EQ(taken(strict), (Names{"deepseek.com", "openai.com", "api.openai.com", "turn.livekit.cloud",
                                    "soul.example", "mask.icloud.com"}));
}

TEST(Resolve, NamingTakesWhatIsOffByDefault) {
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:companion"})), Names{"soul.example"});
    EXPECT_EQ(taken(directive("d", Step::Block, {"service:relay"})), Names{"mask.icloud.com"});
    Directive strict = directive("d", Step::Block, {"service:openai"});
    strict.strict = true;
    EXPECT_EQ(taken(strict), (Names{"openai.com", "api.openai.com", "turn.livekit.cloud"}));
}

TEST(Resolve, VendorAndJurisdictionInAnyCase) {
    EXPECT_EQ(taken(directive("d", Step::Block, {"vendor:openAI"})), (Names{"openai.com", "api.openai.com"}));
    EXPECT_EQ(taken(directive("d", Step::Block, {"jurisdiction:cn"})), Names{"deepseek.com"});
    EXPECT_EQ(taken(directive("d", Step::Block, {"category:chat"})),
              (Names{"deepseek.com", "openai.com", "api.openai.com"}));
}

TEST(Resolve, RolesChooseAmongAServicesNames) {
    Directive web = directive("d", Step::Block, {"service:openai", "list:extra"});
    web.roles = {"web"};
    EXPECT_EQ(taken(web), (Names{"openai.com", "bad.example"}));  // a list has no roles
    const auto base = testing::catalogue();
    const Coverage coverage = cover(web, *base);
    EXPECT_TRUE(coverage.leaves_open[1]);   // openai: api and the strict host
    EXPECT_FALSE(coverage.leaves_open[0]);  // deepseek: not taken at all
    const Coverage whole = cover(directive("d", Step::Block, {"service:deepseek"}), *base);
    EXPECT_FALSE(whole.leaves_open[0]);
}

}  // namespace
}  // namespace cenote::policy
