// SPDX-License-Identifier: Apache-2.0
#include "blocklists/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/blocklists/lists.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kExample = R"(vendor = "Example AI"
jurisdiction = "ZZ"
[[service]]
id = "example"
aliases = ["ex"]
name = "Example"
category = ["chat"]
default = true
checked = 2026-11-01
evidence = ["example.com"]
shared = ["cdn.example.net"]
[[service.domain]]
name = "chat.example"
role = "web"
[[service.domain]]
name = "docs.chat.example"
role = "web"
strict = true
)";

class CatalogueFiles : public ::testing::Test {
protected:
    Catalogue load(std::vector<Path> folders) { return load_catalogue(folders, diagnostics_); }
    Catalogue load_one(std::string_view text) {
        write_file(first_ / "a.toml", text);
        return load({first_});
    }
    /// The diagnostics, each of which must name its file.
    std::vector<std::string> messages() const {
        std::vector<std::string> texts;
        for (const auto& diagnostic : diagnostics_.all()) texts.push_back(diagnostic.to_string());
        return texts;
    }
    void expect_told(std::string_view what, std::uint32_t line) {
        ASSERT_EQ(diagnostics_.all().size(), 1U) << ::testing::PrintToString(messages());
        EXPECT_THAT(diagnostics_.all().front().text, HasSubstr(std::string(what)));
        EXPECT_EQ(diagnostics_.all().front().place.line, line) << messages().front();
        EXPECT_THAT(diagnostics_.all().front().place.file, HasSubstr(folder_.path().string()));
    }

    testing_support::TemporaryFolder folder_;
    Path first_ = folder_ / "services";
    Path second_ = folder_ / "more" / "services";
    Diagnostics diagnostics_;
};

/// kExample with one line replaced.
std::string with(std::string_view line, std::string_view instead) {
    std::string text(kExample);
    const auto at = text.find(line);
    EXPECT_NE(at, std::string::npos) << line;
    return text.replace(at, line.size(), instead);
}

TEST_F(CatalogueFiles, ReadsEverything) {
    const auto catalogue = load_one(kExample);
    EXPECT_THAT(messages(), ElementsAre());
    ASSERT_EQ(catalogue.services.size(), 1U);
    const auto& service = catalogue.services.front();
    EXPECT_EQ(service.id, "example");
    EXPECT_EQ(service.name, "Example");
    EXPECT_EQ(service.vendor, "Example AI");
    EXPECT_EQ(service.jurisdiction, "ZZ");
    EXPECT_THAT(service.aliases, ElementsAre("ex"));
    EXPECT_THAT(service.categories, ElementsAre("chat"));
    EXPECT_TRUE(service.by_default);
    ASSERT_EQ(service.domains.size(), 2U);
    EXPECT_EQ(service.domains[1].name, name("docs.chat.example"));
    EXPECT_TRUE(service.domains[1].strict);
    ASSERT_EQ(catalogue.shared.size(), 1U);
    EXPECT_EQ(catalogue.shared.front().name, name("cdn.example.net"));
}

TEST_F(CatalogueFiles, EvidenceHasDayAndRevision) {
    const auto catalogue =
        load_one(with("checked = 2026-11-01",
                      "watch = true\nseen = { day = 2026-08-19, source = \"owner/list\", revision = \"c975ccef\" }") +
                 "seen = { source = \"example.com\" }\n");
    EXPECT_THAT(messages(), ElementsAre());
    const auto& service = catalogue.services.front();
    EXPECT_TRUE(service.watched);
    ASSERT_TRUE(service.seen.has_value());
    EXPECT_EQ(service.seen->day, std::chrono::sys_days(std::chrono::year(2026) / 8 / 19));
    EXPECT_EQ(service.seen->source, "owner/list");
    EXPECT_EQ(service.seen->revision, "c975ccef");
    EXPECT_FALSE(service.domains[0].seen.has_value());
    ASSERT_TRUE(service.domains[1].seen.has_value());
    EXPECT_FALSE(service.domains[1].seen->day.has_value());
    EXPECT_EQ(service.domains[1].seen->source, "example.com");
}

TEST_F(CatalogueFiles, LaterFolderExtends) {
    write_file(first_ / "a.toml", kExample);
    write_file(second_ / "b.toml", R"([[service]]
id = "example"
aliases = ["ours"]
default = false
watch = true
seen = { day = 2026-11-20, source = "our own measurement" }
[[service.domain]]
name = "new.example"
role = "api"
[[service.domain]]
name = "chat.example"
role = "app"
)");
    const auto catalogue = load({first_, second_});
    EXPECT_THAT(messages(), ElementsAre());
    ASSERT_EQ(catalogue.services.size(), 1U);
    const auto& service = catalogue.services.front();
    EXPECT_THAT(service.aliases, ElementsAre("ex", "ours"));
    EXPECT_FALSE(service.by_default);
    EXPECT_EQ(service.name, "Example");
    ASSERT_EQ(service.domains.size(), 3U);
    EXPECT_EQ(service.domains[0].role, domainset::Role::App);
    EXPECT_TRUE(service.watched);
    ASSERT_TRUE(service.seen.has_value());
    EXPECT_EQ(service.seen->source, "our own measurement");
}

TEST_F(CatalogueFiles, DuplicateIdInOneFolder) {
    write_file(first_ / "a.toml", kExample);
    write_file(first_ / "b.toml", kExample);
    load({first_});
    expect_told("service 'example' is there already", 3);
}

TEST_F(CatalogueFiles, AliasOfTwo) {
    write_file(first_ / "a.toml", kExample);
    write_file(first_ / "b.toml", R"(vendor = "Other"
jurisdiction = "ZZ"
[[service]]
id = "other"
aliases = ["example"]
name = "Other"
category = ["chat"]
)");
    load({first_});
    expect_told("alias 'example' of service 'other'", 3);
}

TEST_F(CatalogueFiles, EachMistakeHasItsPlace) {
    struct Case {
        std::string text;
        std::string what;
        std::uint32_t line;
    };
    const std::vector<Case> cases{
        {with("id = \"example\"", "id = \"Ex Ample\""), "no id", 4},
        {with("role = \"web\"", "role = \"wep\""), "unknown role 'wep'", 14},
        {with("[\"chat\"]", "[\"chats\"]"), "did you mean 'chat'?", 7},
        {with("\"chat.example\"", "\"chat..example\""), "no name", 13},
        {with("\"chat.example\"", "\"https://chat.example\""), "no name", 13},
        {with("\"cdn.example.net\"", "\"*.example.net\""), "no name", 11},
        {with("\"chat.example\"", "\"co.uk\""), "public suffix", 13},
        {with("\"chat.example\"", "\"cdn.example.net\""), "may not be sinkholed", 13},
        {with("\"chat.example\"", "\"example.net\""), "'cdn.example.net' is below it", 13},
        {with("\"docs.chat.example\"", "\"chat.example\""), "there already, in line 13", 16},
        {with("jurisdiction = \"ZZ\"", "jurisdiction = \"Korea\""), "no country", 2},
        {with("strict = true", "strikt = true"), "strikt", 18},
        {with("checked = 2026-11-01", "seen = { day = 2026-08-19 }"), "'source' is missing", 9},
        {with("checked = 2026-11-01", "seen = \"owner/list\""), "a table", 9},
        {with("checked = 2026-11-01", "seen = { source = \"a\", commit = \"b\" }"), "commit", 9},
        {with("name = \"Example\"\n", ""), "no name", 3},
    };
    for (const auto& wrong : cases) {
        SCOPED_TRACE(wrong.what);
        diagnostics_ = Diagnostics();
        load_one(wrong.text);
        ASSERT_FALSE(diagnostics_.all().empty());
        EXPECT_THAT(diagnostics_.all().front().text, HasSubstr(wrong.what));
        EXPECT_EQ(diagnostics_.all().front().place.line, wrong.line) << messages().front();
    }
}

TEST_F(CatalogueFiles, SharedNameThatAnotherServiceBlocks) {
    write_file(first_ / "a.toml", kExample);
    write_file(first_ / "b.toml", R"(vendor = "Other"
jurisdiction = "ZZ"
[[service]]
id = "other"
name = "Other"
category = ["chat"]
[[service.domain]]
name = "cdn.example.net"
role = "cdn"
)");
    const auto catalogue = load({first_});
    expect_told("service 'other'", 8);
    EXPECT_THAT(messages().front(), HasSubstr("service 'example'"));
    EXPECT_TRUE(catalogue.services[1].domains.empty());
}

TEST_F(CatalogueFiles, SharedInfrastructureBesideTheFolder) {
    write_file(folder_ / "shared_infrastructure.txt", "# names\nchat.example # why\n\n");
    for (const Path& folder : {first_, first_ / ""}) {
        diagnostics_ = Diagnostics();
        write_file(first_ / "a.toml", kExample);
        const auto catalogue = load({folder});
        expect_told("shared infrastructure", 13);
        EXPECT_EQ(catalogue.services.front().domains.size(), 1U) << "names below it may be sinkholed";
        EXPECT_TRUE(std::any_of(catalogue.shared.begin(), catalogue.shared.end(), [](const SharedName& shared) {
            return shared.name == name("chat.example") && shared.use == "names";
        })) << "the comment above a name is its use";
    }
    diagnostics_ = Diagnostics();
    write_file(folder_ / "shared_infrastructure.txt", "a b\n");
    load({first_});
    expect_told("no name", 1);
}

TEST_F(CatalogueFiles, MissingFolderIsAWarning) {
    load({folder_ / "nowhere"});
    ASSERT_EQ(diagnostics_.all().size(), 1U);
    EXPECT_EQ(diagnostics_.all().front().severity, Diagnostic::Severity::Warning);
}

TEST(Catalogue, OurOwnHasNoMistake) {
    Diagnostics diagnostics;
    const std::vector<Path> folders{testing_support::source_folder() / "blocklists" / "services"};
    const auto catalogue = load_catalogue(folders, diagnostics);
    for (const auto& diagnostic : diagnostics.all()) ADD_FAILURE() << diagnostic.to_string();
    EXPECT_GE(catalogue.services.size(), 60U);
    EXPECT_GE(std::count_if(catalogue.services.begin(), catalogue.services.end(),
                            [](const Service& service) { return !service.domains.empty(); }),
              60);
    EXPECT_TRUE(std::any_of(catalogue.shared.begin(), catalogue.shared.end(), [](const SharedName& shared) {
        return shared.whose.find("infrastructure") != std::string::npos;
    }));
}

Catalogue our_own() {
    Diagnostics diagnostics;
    const std::vector<Path> folders{testing_support::source_folder() / "blocklists" / "services"};
    return load_catalogue(folders, diagnostics);
}

/// Sites that users publish are not the service itself (blocklists/services/README.md).
TEST(Catalogue, ZonesOfUserSitesAreStrict) {
    std::size_t found = 0;
    const auto catalogue = our_own();
    for (const char* zone : {"chatgpt.site", "claude.site", "coze.site", "hf.space", "kimi.link", "lovable.app",
                             "manus.space", "replit.app"}) {
        for (const Service& service : catalogue.services)
            for (const ServiceDomain& domain : service.domains) {
                if (domain.name != *wire::Name::parse(zone)) continue;
                ++found;
                EXPECT_TRUE(domain.strict || !service.by_default) << zone << " of " << service.id;
            }
    }
    EXPECT_EQ(found, 8U);
}

/// `checked` is the day on which the facts were verified, which is no day of an edit over all rows.
TEST(Catalogue, RowsWereNotAllCheckedOnOneDay) {
    const auto catalogue = our_own();
    std::map<std::chrono::sys_days, std::size_t> rows;
    for (const Service& service : catalogue.services) {
        ASSERT_TRUE(service.checked.has_value()) << service.id;
        ++rows[*service.checked];
    }
    for (const auto& [day, count] : rows)
        EXPECT_LT(count, catalogue.services.size() * 2 / 3) << "rows of one day; write the day of the verification";
}

TEST(Catalogue, TheNewestEvidenceIsOneOfTheSourcesAndNotYoungerThanTheCheck) {
    std::size_t watched = 0;
    for (const auto catalogue = our_own(); const Service& service : catalogue.services) {
        ASSERT_TRUE(service.seen.has_value()) << service.id;
        watched += service.watched ? 1 : 0;
        const auto check = [&](const Sighting& seen, std::string_view what) {
            EXPECT_THAT(service.evidence, testing::Contains(seen.source)) << what;
            if (seen.day) {
                EXPECT_LE(*seen.day, *service.checked) << what;
            }
        };
        check(*service.seen, service.id);
        for (const ServiceDomain& domain : service.domains)
            if (domain.seen) check(*domain.seen, domain.name.to_string());
    }
    EXPECT_EQ(watched, 40U);
}

/// Of two entries that say the same about a name, one above the other, the lower one is superfluous.
TEST(Catalogue, NoHostIsThereTwiceOrShadowed) {
    std::map<std::string, const Service*> owner;
    for (const auto catalogue = our_own(); const Service& service : catalogue.services) {
        for (const ServiceDomain& domain : service.domains) {
            const ServiceDomain* above = nullptr;
            for (const ServiceDomain& other : service.domains)
                if (other.name != domain.name && domain.name.is_below_or_equal(other.name) &&
                    (above == nullptr || other.name.labels() > above->name.labels()))
                    above = &other;
            EXPECT_FALSE(above != nullptr && above->role == domain.role && above->strict == domain.strict)
                << domain.name.to_string() << " of " << service.id;
            const auto [first, fresh] = owner.emplace(domain.name.to_string(), &service);
            if (fresh) continue;
            EXPECT_THAT(service.note + first->second->note, HasSubstr(domain.name.to_string()))
                << "the notes of " << service.id << " and " << first->second->id << " name what both have";
        }
    }
}

/// Neither at a shared name, nor above it.
TEST(Catalogue, NoSharedNameIsTaken) {
    const auto catalogue = our_own();
    for (const SharedName& shared : catalogue.shared)
        for (const Service& service : catalogue.services)
            for (const ServiceDomain& domain : service.domains)
                EXPECT_FALSE(shared.name.is_below_or_equal(domain.name))
                    << shared.name.to_string() << " of " << shared.whose << " by " << service.id;
}

}  // namespace
}  // namespace cenote::blocklists
