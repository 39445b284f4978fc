// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/publish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "resolver/domainset/writer.h"
#include "tests/support/temporary_folder.h"

namespace cenote::domainset {
namespace {

using ::testing::HasSubstr;

std::vector<std::uint8_t> set_with(std::string_view name) {
    DomainSetWriter writer(std::chrono::sys_seconds{}, 1);
    Source list;
    list.id = "list";
    writer.add(*wire::Name::parse(name), {writer.add_source(list), Role::Web, false}, MatchKind::Suffix);
    return *writer.finish();
}

bool has(const DomainSet& set, std::string_view name) { return set.match(*wire::Name::parse(name)).has_value(); }

void spoil(const Path& path) { std::ofstream(path, std::ios::binary | std::ios::trunc) << "spoiled"; }

class Publish : public ::testing::Test {
protected:
    std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder_.path()), {}));
    }

    testing_support::TemporaryFolder folder_;
    Path path_ = folder_ / "cenote.set";
};

TEST_F(Publish, KeepsTheOneBefore) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    EXPECT_EQ(files(), 1U);
    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    ASSERT_TRUE(publish_set(path_, set_with("three.example")).ok());
    EXPECT_EQ(files(), 2U) << "nothing else is left behind";
    EXPECT_TRUE(has(*DomainSet::open(path_), "three.example"));
    EXPECT_TRUE(has(*DomainSet::open(previous_path(path_)), "two.example"));
}

TEST_F(Publish, ASpoiledSetIsNotKept) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    spoil(path_);
    ASSERT_TRUE(publish_set(path_, set_with("three.example")).ok());
    EXPECT_TRUE(has(*DomainSet::open(previous_path(path_)), "one.example"));
}

TEST_F(Publish, LeftoversOfAKilledRunDoNotHinder) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    spoil(folder_ / "cenote.set.next");
    std::filesystem::create_hard_link(path_, folder_ / "cenote.set.previous.new");
    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    EXPECT_EQ(files(), 2U);
    EXPECT_TRUE(has(*DomainSet::open(previous_path(path_)), "one.example"));
}

TEST_F(Publish, FailureLeavesEverythingAsItWas) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    std::filesystem::create_directory(previous_path(path_));  // nothing can be renamed over a folder
    const auto failed = publish_set(path_, set_with("two.example"));
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(files(), 2U);
    EXPECT_TRUE(has(*DomainSet::open(path_), "one.example"));
}

TEST_F(Publish, RestoringTwiceChangesNothing) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    EXPECT_FALSE(restore_previous(path_).ok());
    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    ASSERT_TRUE(restore_previous(path_).ok());
    EXPECT_TRUE(has(*DomainSet::open(path_), "one.example"));
    ASSERT_TRUE(restore_previous(path_).ok());
    EXPECT_TRUE(has(*DomainSet::open(path_), "two.example"));
}

TEST_F(Publish, OpeningFallsBackAndSaysWhy) {
    EXPECT_FALSE(open_with_fallback(path_).ok());
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    const auto first = open_with_fallback(path_);
    ASSERT_TRUE(first.ok());
    EXPECT_TRUE(has(first->set, "two.example"));
    EXPECT_TRUE(first->problem.empty());
    spoil(path_);
    const auto second = open_with_fallback(path_);
    ASSERT_TRUE(second.ok());
    EXPECT_TRUE(has(second->set, "one.example"));
    EXPECT_EQ(second->path, previous_path(path_));
    EXPECT_THAT(second->problem, HasSubstr(path_.string()));
    spoil(previous_path(path_));
    const auto neither = open_with_fallback(path_);
    ASSERT_FALSE(neither.ok());
    EXPECT_THAT(neither.error().text, HasSubstr(previous_path(path_).string()));
}

}  // namespace
}  // namespace cenote::domainset
