// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "tests/support/temporary_folder.h"

namespace cenote::domainset {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::sys_seconds kBuiltAt{std::chrono::seconds{1'800'000'000}};

std::uint32_t add_list(DomainSetWriter& writer) {
    Source list;
    list.id = "list";
    return writer.add_source(list);
}

std::vector<std::uint8_t> build(const std::vector<std::string>& names, std::uint64_t seed) {
    DomainSetWriter writer(kBuiltAt, seed);
    const auto list = add_list(writer);
    for (const auto& text : names) writer.add(*wire::Name::parse(text), {list, Role::Web, false}, MatchKind::Suffix);
    return *writer.finish();
}

std::vector<std::string> many_names(std::size_t count) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < count; ++i) names.push_back("host" + std::to_string(i) + ".example");
    return names;
}

TEST(DomainSetWriter, SameInputInAnyOrderGivesTheSameBytes) {
    auto names = many_names(2000);
    names.push_back("host7.example");  // twice
    const auto first = build(names, 5);
    EXPECT_EQ(build(names, 5), first);
    std::shuffle(names.begin(), names.end(), std::mt19937(1));
    EXPECT_EQ(build(names, 5), first);
    EXPECT_NE(build(names, 6), first);
}

TEST(DomainSetWriter, FindsEveryNameOfAFullTable) {
    const auto names = many_names(20000);
    const auto set = DomainSet::from_bytes(build(names, 77));
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->info().domains, names.size());
    for (const auto& text : names) {
        const auto hit = set->match(*wire::Name::parse("below." + text));
        ASSERT_TRUE(hit) << text;
        ASSERT_EQ(hit->labels, 2);
    }
    for (std::size_t i = 0; i < names.size(); ++i)
        ASSERT_FALSE(set->match(*wire::Name::parse("other" + std::to_string(i) + ".example")));
    EXPECT_LE(static_cast<double>(set->info().bytes) / 20000, 24.0);  // "host12345.example" takes 19 and a half
}

TEST(DomainSetWriter, LeavesOutWhatChangesNothing) {
    const auto set =
        DomainSet::from_bytes(build({"example.com", "a.example.com", "b.a.example.com", "a.example.net"}, 1));
    EXPECT_EQ(set->info().domains, 2U);
    EXPECT_EQ(set->sources().front().entries, 4U);
}

TEST(DomainSetWriter, EmptySetMatchesNothing) {
    const auto set = DomainSet::from_bytes(build({}, 1));
    ASSERT_TRUE(set.ok()) << set.error().text;
    EXPECT_EQ(set->info().domains, 0U);
    EXPECT_FALSE(set->match(*wire::Name::parse("example.com")));
}

TEST(DomainSetWriter, ManyTagSetsWidenThePayload) {
    for (const std::uint32_t sources : {10U, 300U, 70000U}) {
        DomainSetWriter writer(kBuiltAt, 1);
        for (std::uint32_t i = 0; i < sources; ++i) {
            const auto list = add_list(writer);
            writer.add(*wire::Name::parse("host" + std::to_string(i) + ".example"), {list, Role::Web, false},
                       MatchKind::Suffix);
        }
        const auto set = DomainSet::from_bytes(*writer.finish());
        ASSERT_TRUE(set.ok()) << set.error().text;
        for (const std::uint32_t i : {0U, 9U, sources / 2, sources - 1}) {
            const auto hit = set->match(*wire::Name::parse("host" + std::to_string(i) + ".example"));
            ASSERT_TRUE(hit);
            const auto tags = set->source_set(hit->tags);
            ASSERT_EQ(tags.size(), 1U);
            EXPECT_EQ(set->tags()[tags.front()].source, i);
        }
    }
}

TEST(DomainSetWriter, RefusesTheRootAndTextsOutOfBounds) {
    DomainSetWriter root(kBuiltAt, 1);
    root.add(wire::Name(), {add_list(root), Role::Web, false}, MatchKind::Suffix);
    const auto refused = root.finish();
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().text, HasSubstr("root"));

    for (const std::string& note : {std::string(100'000, 'x'), std::string("\x1b[2J"), std::string("\xff")}) {
        DomainSetWriter writer(kBuiltAt, 1);
        Source source;
        source.id = "list";
        source.note = note;
        writer.add_source(source);
        EXPECT_FALSE(writer.finish().ok());
    }
}

TEST(DomainSetWriter, FinishToPublishesAndTellsWhatItWrote) {
    const testing_support::TemporaryFolder folder;
    DomainSetWriter writer(kBuiltAt, 1);
    writer.add(*wire::Name::parse("example.com"), {add_list(writer), Role::Web, false}, MatchKind::Suffix);
    const auto info = writer.finish_to(folder / "out.set");
    ASSERT_TRUE(info.ok()) << info.error().text;
    const auto set = DomainSet::open(folder / "out.set");
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->info().digest, info->digest);
    EXPECT_EQ(info->bytes, std::filesystem::file_size(folder / "out.set"));
    EXPECT_FALSE(writer.finish_to(folder / "no" / "such" / "folder").ok());
}

}  // namespace
}  // namespace cenote::domainset
