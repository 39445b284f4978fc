// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/publish.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "resolver/domainset/delta.h"
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

/// A delta that adds the name, with the only tag of the set.
std::vector<std::uint8_t> delta_with(const DomainSet& set, std::string_view name) {
    DeltaWriter writer(set);
    writer.put(*wire::Name::parse(name), {0}, {0}, {});
    return *writer.finish(set.sources(), std::chrono::sys_seconds{});
}

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

TEST_F(Publish, ADeltaStaysWithItsSet) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    const auto one = *DomainSet::open(path_);
    ASSERT_TRUE(publish_delta(path_, delta_with(one, "more.example"), one).ok());
    const auto both = *DomainSet::open(path_);
    EXPECT_TRUE(has(both, "one.example") && has(both, "more.example"));
    EXPECT_EQ(both.info().delta, 1U);
    EXPECT_EQ(both.info().domains, 2U);

    // One delta more begins with what stands in the last one.
    ASSERT_TRUE(publish_delta(path_, delta_with(both, "last.example"), both).ok());
    const auto all = *DomainSet::open(path_, &both);
    EXPECT_TRUE(has(all, "one.example") && has(all, "more.example") && has(all, "last.example"));
    EXPECT_EQ(files(), 2U);

    ASSERT_TRUE(publish_set(path_, set_with("two.example")).ok());
    EXPECT_FALSE(has(*DomainSet::open(path_), "more.example"));
    EXPECT_FALSE(publish_delta(path_, delta_with(one, "late.example"), one).ok()) << "it is another set's";
    ASSERT_TRUE(restore_previous(path_).ok());
    EXPECT_TRUE(has(*DomainSet::open(path_), "last.example"));
    ASSERT_TRUE(restore_previous(path_).ok());
    EXPECT_TRUE(has(*DomainSet::open(previous_path(path_)), "last.example"));
    ASSERT_TRUE(publish_set(path_, set_with("three.example")).ok());
    EXPECT_EQ(files(), 2U) << "its set is gone, and so is it";
}

TEST_F(Publish, ASpoiledDeltaIsLeftOutAndTold) {
    ASSERT_TRUE(publish_set(path_, set_with("one.example")).ok());
    const auto set = *DomainSet::open(path_);
    const auto delta = delta_with(set, "more.example");
    const Path beside = delta_path(path_, set.info().checksum);
    for (std::size_t i = 0; i <= delta.size(); ++i) {
        auto spoiled = delta;
        if (i < delta.size())
            spoiled[i] ^= 0x10;
        else
            spoiled.push_back(0);
        ASSERT_TRUE(publish_file(beside, spoiled, 0644).ok());
        const auto opened = open_with_fallback(path_);
        ASSERT_TRUE(opened.ok());
        EXPECT_TRUE(has(opened->set, "one.example")) << i;
        EXPECT_FALSE(has(opened->set, "more.example")) << i;
        EXPECT_THAT(opened->problem, HasSubstr(beside.string())) << i;
        EXPECT_FALSE(DomainSet::open(path_).ok()) << i;
    }
    ASSERT_TRUE(publish_file(beside, delta, 0644).ok());
    EXPECT_TRUE(has(open_with_fallback(path_)->set, "more.example"));
    EXPECT_FALSE(DomainSet::open(beside).ok()) << "it is no set by itself";
    EXPECT_FALSE(DomainSet::from_bytes(delta).ok());
}

TEST_F(Publish, OneAtATime) {
    std::optional<Result<UniqueFd>> first = lock_for_publishing(path_);
    ASSERT_TRUE(first->ok());
    const auto second = lock_for_publishing(path_);
    ASSERT_FALSE(second.ok());
    EXPECT_THAT(second.error().text, HasSubstr("at work"));
    bool got = false;
    std::thread patient([&] { got = lock_for_publishing(path_, milliseconds{600'000}).ok(); });
    first.reset();
    patient.join();
    EXPECT_TRUE(got);
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
