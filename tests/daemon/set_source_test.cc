// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/set_source.h"

#include "tests/daemon/fixture.h"

namespace cenote::daemon {
namespace {

using ::testing::HasSubstr;

class SetSourceTest : public DaemonTest {
protected:
    static bool has(const Loaded& loaded, const char* name) {
        return loaded.base != nullptr && loaded.base->match(wire::Name::parse(name).value()).has_value();
    }
    /// A file in the place of the set that is none.
    void damage() const {
        std::filesystem::remove(set_file);
        std::ofstream(set_file) << std::string(8192, 'x');
    }

    loop::Loop loop;
    int lost = 0;
    SetSource source{loop, [this] {
                         ++lost;
                         loop.stop();
                     }};
};

TEST_F(SetSourceTest, ANewerSetIsFoundOnce) {
    const Loaded in_use = loaded();
    EXPECT_FALSE(source.find_newer(set_file, in_use.base.get())) << "it is the one in use";
    publish({"alpha.example", "new.example"});
    EXPECT_TRUE(source.find_newer(set_file, in_use.base.get()));
    EXPECT_FALSE(source.find_newer(set_file, in_use.base.get())) << "also when it was refused since";
    publish({"alpha.example", "newest.example"});
    EXPECT_TRUE(source.find_newer(set_file, in_use.base.get()));
}

TEST_F(SetSourceTest, WithoutASetInUseAnySetIsNewer) {
    EXPECT_TRUE(source.find_newer(set_file, nullptr));
    EXPECT_FALSE(source.find_newer(Path(), nullptr)) << "the configuration has no set";
}

TEST_F(SetSourceTest, WhatIsNoSetIsNotNewer) {
    const Loaded in_use = loaded();
    damage();
    EXPECT_FALSE(source.find_newer(set_file, in_use.base.get()));
    std::filesystem::remove(set_file);
    EXPECT_FALSE(source.find_newer(set_file, in_use.base.get()));
    publish({"alpha.example", "new.example"});
    EXPECT_TRUE(source.find_newer(set_file, in_use.base.get()));
}

TEST_F(SetSourceTest, TheNewestSetTakesThePlaceOfTheOneInUse) {
    Loaded in_use = loaded();
    in_use.left_out = {"directive node1-1"};
    in_use.why_left_out = "because\n";
    publish({"alpha.example", "new.example"});
    const auto next = with_newest_set(in_use);
    ASSERT_TRUE(next.ok()) << next.error().text;
    EXPECT_TRUE(has(*next, "new.example"));
    EXPECT_EQ(next->settings.policy, in_use.settings.policy);
    EXPECT_EQ(next->left_out, in_use.left_out);
    EXPECT_EQ(next->why_left_out, in_use.why_left_out);
    EXPECT_FALSE(has(in_use, "new.example"));
    EXPECT_NE(set_text(*next), set_text(in_use));
}

TEST_F(SetSourceTest, ADamagedNewestSetIsRefused) {
    const Loaded in_use = loaded();
    damage();
    const auto next = with_newest_set(in_use);
    ASSERT_FALSE(next.ok());
    EXPECT_THAT(next.error().text, HasSubstr(set_file.string()));
    EXPECT_TRUE(has(in_use, "alpha.example")) << "its file is mapped still";
}

TEST_F(SetSourceTest, ASetWithoutAServiceOfThePolicyIsRefused) {
    write_config("[[directive]]\nid = \"file-2\"\ntargets = [\"service:beta\"]\nstep = \"restrict\"\n");
    const Loaded in_use = loaded();
    domainset::DomainSetWriter writer(kNoon, 7);
    domainset::Source alpha;
    alpha.kind = domainset::SourceKind::Service;
    alpha.id = "alpha";
    writer.add_source(alpha);
    ASSERT_TRUE(domainset::publish_set(set_file, writer.finish().value()).ok());
    EXPECT_THAT(with_newest_set(in_use).error().text, HasSubstr("beta"));
}

TEST_F(SetSourceTest, AConfigurationWithoutASetHasNoNewest) {
    Loaded in_use;
    in_use.settings.policy = std::make_shared<const policy::Options>();
    EXPECT_THAT(with_newest_set(in_use).error().text, HasSubstr("no [blocklist].set"));
    EXPECT_EQ(set_text(in_use), "set none catalogue none");
}

TEST_F(SetSourceTest, APreviousSetReplacesADamagedOne) {
    publish({"alpha.example", "new.example"});
    const Loaded in_use = loaded();
    damage();
    Loaded next = with_readable_set(in_use);
    EXPECT_TRUE(has(next, "alpha.example"));
    EXPECT_FALSE(has(next, "new.example")) << "it is the one before";
    EXPECT_THAT(next.set_problem, HasSubstr(set_file.string()));
    std::filesystem::remove(domainset::previous_path(set_file));
    next = with_readable_set(in_use);
    EXPECT_EQ(next.base, nullptr);
    EXPECT_NE(next.set_problem, "");
    EXPECT_EQ(next.settings.policy, in_use.settings.policy);
}

TEST_F(SetSourceTest, AStartReadsTheNamesLater) {
    const auto later = load(config, SetCheck::Later);
    ASSERT_TRUE(later.ok()) << later.error().text;
    ASSERT_NE(later->base, nullptr);
    EXPECT_TRUE(later->base->check().ok());
    EXPECT_EQ(set_text(*later), set_text(loaded()));
}

TEST_F(SetSourceTest, ASetThatIsCutShortWhileItIsInUseIsReported) {
    const Loaded in_use = loaded();
    ASSERT_TRUE(has(in_use, "alpha.example"));
    std::filesystem::resize_file(set_file, 0);
    EXPECT_FALSE(has(in_use, "alpha.example")) << "what is gone reads as zeros";
    loop.run();
    EXPECT_EQ(lost, 1);
    EXPECT_FALSE(in_use.base->check().ok());
    EXPECT_EQ(with_readable_set(in_use).base, nullptr) << "there was no set before it";
}

}  // namespace
}  // namespace cenote::daemon
