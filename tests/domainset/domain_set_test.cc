// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/domain_set.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/domainset/naive_set.h"
#include "tests/domainset/small_set.h"

namespace cenote::domainset {
namespace {

TEST(DomainSet, AnswersWithTheDeepestEntryAndItsLabels) {
    DomainSetWriter writer(kBuiltAt, 1);
    const auto list = writer.add_source(source("list"));
    const auto service = writer.add_source(source("service"));
    writer.add(name("example.com"), {list, Role::Web, false}, MatchKind::Suffix);
    writer.add(name("api.example.com"), {service, Role::Api, false}, MatchKind::Suffix);
    const auto set = finish(writer);

    const auto apex = set.match(name("example.com"));
    ASSERT_TRUE(apex);
    EXPECT_EQ(apex->labels, 2);
    EXPECT_TRUE(apex->exact);
    const auto below = set.match(name("a.b.example.com"));
    ASSERT_TRUE(below);
    EXPECT_EQ(below->labels, 2);
    EXPECT_FALSE(below->exact);
    EXPECT_EQ(below->tags, apex->tags);
    const auto api = set.match(name("v1.api.example.com"));
    ASSERT_TRUE(api);
    EXPECT_EQ(api->labels, 3);
    EXPECT_EQ(tags_at(set, name("v1.api.example.com")),
              (std::set<Tag>{{list, Role::Web, false}, {service, Role::Api, false}}));
    EXPECT_FALSE(set.match(name("com")));
    EXPECT_FALSE(set.match(name("notexample.com")));
    EXPECT_FALSE(set.match(name("example.com.net")));
    EXPECT_FALSE(set.match(wire::Name()));
}

TEST(DomainSet, ExactEntryHoldsForItsNameOnlyAndIsSteppedOverBelow) {
    DomainSetWriter writer(kBuiltAt, 1);
    const auto wide = writer.add_source(source("wide"));
    const auto hosts = writer.add_source(source("hosts"));
    writer.add(name("example.com"), {wide, Role::Web, false}, MatchKind::Suffix);
    writer.add(name("www.example.com"), {hosts, Role::Web, false}, MatchKind::Exact);
    writer.add(name("alone.example.net"), {hosts, Role::Web, false}, MatchKind::Exact);
    const auto set = finish(writer);

    EXPECT_EQ(tags_at(set, name("www.example.com")),
              (std::set<Tag>{{wide, Role::Web, false}, {hosts, Role::Web, false}}));
    const auto below = set.match(name("a.www.example.com"));
    ASSERT_TRUE(below);
    EXPECT_EQ(below->labels, 2) << "www.example.com is a single host";
    EXPECT_EQ(tags_at(set, name("a.www.example.com")), (std::set<Tag>{{wide, Role::Web, false}}));
    EXPECT_TRUE(set.match(name("alone.example.net")));
    EXPECT_FALSE(set.match(name("a.alone.example.net")));
}

TEST(DomainSet, DeepestEntryOfASourceGivesTheRole) {
    DomainSetWriter writer(kBuiltAt, 1);
    const auto service = writer.add_source(source("service"));
    writer.add(name("example.ai"), {service, Role::Web, false}, MatchKind::Suffix);
    writer.add(name("login.example.ai"), {service, Role::Login, false}, MatchKind::Suffix);
    const auto set = finish(writer);
    EXPECT_EQ(tags_at(set, name("x.login.example.ai")), (std::set<Tag>{{service, Role::Login, false}}));
    EXPECT_EQ(tags_at(set, name("x.example.ai")), (std::set<Tag>{{service, Role::Web, false}}));
}

TEST(DomainSet, ExceptionTakesAwayItsOwnSourceOnly) {
    DomainSetWriter writer(kBuiltAt, 1);
    const auto a = writer.add_source(source("a"));
    const auto b = writer.add_source(source("b"));
    const Tag tag_a{a, Role::Web, false};
    const Tag tag_b{b, Role::Web, false};
    writer.add(name("example.com"), tag_a, MatchKind::Suffix);
    writer.add(name("example.com"), tag_b, MatchKind::Suffix);
    writer.add_exception(name("good.example.com"), a, MatchKind::Suffix);
    writer.add(name("bad.good.example.com"), tag_a, MatchKind::Suffix);
    writer.add(name("both.example.org"), tag_a, MatchKind::Suffix);
    writer.add_exception(name("both.example.org"), a, MatchKind::Suffix);
    const auto set = finish(writer);
    EXPECT_EQ(tags_at(set, name("x.good.example.com")), (std::set<Tag>{tag_b}));
    EXPECT_EQ(tags_at(set, name("x.bad.good.example.com")), (std::set<Tag>{tag_a, tag_b}));
    EXPECT_FALSE(set.match(name("both.example.org")));
    EXPECT_FALSE(set.match(name("x.both.example.org")));
}

TEST(DomainSet, GivesBackWhatItWasTold) {
    DomainSetWriter writer(kBuiltAt, 9);
    Source service;
    service.kind = SourceKind::Service;
    service.by_default = false;
    service.digest = sha256({});
    service.id = "example";
    service.name = "Beispiel";
    service.vendor = "Example AI";
    service.jurisdiction = "ZZ";
    service.aliases = {"ex"};
    service.categories = {"chat", "api"};
    service.shared_names = {"cdn.example.net"};
    service.note = "보안 점검";
    const auto index = writer.add_source(service);
    writer.add(name("chat.example"), {index, Role::Sdk, true}, MatchKind::Suffix);
    const auto set = finish(writer);
    ASSERT_EQ(set.sources().size(), 1U);
    const auto& read = set.sources().front();
    EXPECT_EQ(read.kind, SourceKind::Service);
    EXPECT_FALSE(read.by_default);
    EXPECT_EQ(read.entries, 1U);
    EXPECT_EQ(read.digest, service.digest);
    EXPECT_EQ(read.id, "example");
    EXPECT_EQ(read.name, "Beispiel");
    EXPECT_EQ(read.vendor, "Example AI");
    EXPECT_EQ(read.jurisdiction, "ZZ");
    EXPECT_EQ(read.aliases, service.aliases);
    EXPECT_EQ(read.categories, service.categories);
    EXPECT_EQ(read.shared_names, service.shared_names);
    EXPECT_EQ(read.note, service.note);
    ASSERT_EQ(set.tags().size(), 1U);
    EXPECT_EQ(set.tags().front(), (Tag{0, Role::Sdk, true}));
    EXPECT_EQ(set.info().services, 1U);
    EXPECT_EQ(set.info().lists, 0U);
    EXPECT_EQ(set.info().domains, 1U);
    EXPECT_EQ(set.info().built_at, kBuiltAt);
    EXPECT_TRUE(set.source_set(0).empty());
}

TEST(DomainSet, ShowsEveryEntryOnce) {
    DomainSetWriter writer(kBuiltAt, 3);
    const auto list = writer.add_source(source("list"));
    writer.add(name("example.com"), {list, Role::Web, false}, MatchKind::Suffix);
    writer.add(name("more.example.com"), {list, Role::Web, false}, MatchKind::Suffix);  // changes nothing
    writer.add(name("host.example.net"), {list, Role::Web, false}, MatchKind::Exact);
    const auto set = finish(writer);
    std::map<std::string, Entry> seen;
    set.for_each([&](const Entry& entry) { EXPECT_TRUE(seen.emplace(entry.name.to_string(), entry).second); });
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen.at("example.com").below, seen.at("example.com").own);
    EXPECT_EQ(seen.at("host.example.net").below, SourceSetId{0});
    EXPECT_EQ(set.sources().front().entries, 3U);
}

TEST(DomainSet, LongestNamesAndOddLabels) {
    DomainSetWriter writer(kBuiltAt, 3);
    const auto list = writer.add_source(source("list"));
    std::string longest =
        std::string(63, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." + std::string(61, 'd');
    std::string deepest = "a";
    for (int i = 1; i < 127; ++i) deepest += ".a";
    for (const auto& text : {longest, deepest, std::string("_dmarc.example"), std::string("a\\000b.example"),
                             std::string("*.star.example")})
        writer.add(name(text), {list, Role::Web, false}, MatchKind::Suffix);
    const auto set = finish(writer);
    EXPECT_EQ(set.info().domains, 5U);
    EXPECT_TRUE(set.match(name(longest)));
    EXPECT_TRUE(set.match(name(deepest)));
    EXPECT_FALSE(set.match(name(deepest.substr(2))));
    EXPECT_TRUE(set.match(name("x._dmarc.example")));
    EXPECT_TRUE(set.match(name("a\\000b.example")));
    EXPECT_FALSE(set.match(name("a.example")));
    EXPECT_FALSE(set.match(name("x.star.example"))) << "a label of one star is a label like others";
}

TEST(DomainSet, AgreesWithTheNaiveSet) {
    std::mt19937 random(42);
    const auto below = [&](std::size_t bound) { return random() % bound; };
    const auto some_name = [&] {
        std::string text(1, static_cast<char>('a' + below(3)));
        for (auto labels = below(5); labels != 0; --labels)
            text = std::string(1 + below(2) * 8, static_cast<char>('a' + below(3))) + "." + text;
        return name(text);
    };
    std::size_t hits = 0;
    std::size_t misses = 0;
    for (int round = 0; round < 300; ++round) {
        NaiveSet naive;
        DomainSetWriter writer(kBuiltAt, random());
        const auto sources = static_cast<std::uint32_t>(1 + below(4));
        for (std::uint32_t i = 0; i < sources; ++i) writer.add_source(source("s" + std::to_string(i)));
        for (auto statements = below(60); statements != 0; --statements) {
            const auto whose = static_cast<std::uint32_t>(below(sources));
            const auto kind = static_cast<MatchKind>(below(3));
            if (below(5) == 0)
                naive.add_exception(some_name(), whose, kind);
            else
                naive.add(some_name(), {whose, static_cast<Role>(below(3)), below(4) == 0}, kind);
        }
        naive.write_to(writer);
        const auto set = finish(writer);
        for (int asked = 0; asked < 200; ++asked) {
            const auto question = some_name();
            const auto expected = naive.match(question);
            ASSERT_EQ(tags_at(set, question), expected) << question.to_string() << " in round " << round;
            ++(expected.empty() ? misses : hits);
            const auto hit = set.match(question);
            if (!hit) continue;
            ASSERT_LE(hit->labels, question.labels());
            ASSERT_EQ(hit->exact, hit->labels == question.labels());
        }
    }
    EXPECT_GT(hits, 1000U);
    EXPECT_GT(misses, 1000U);
}

}  // namespace
}  // namespace cenote::domainset
