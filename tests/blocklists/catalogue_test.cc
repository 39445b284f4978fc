// SPDX-License-Identifier: Apache-2.0
#include "blocklists/catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

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

TEST_F(CatalogueFiles, LaterFolderExtends) {
    write_file(first_ / "a.toml", kExample);
    write_file(second_ / "b.toml", R"([[service]]
id = "example"
aliases = ["ours"]
default = false
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

/// `checked` is the day on which the facts were verified.
TEST(Catalogue, RowsWereNotAllCheckedOnOneDay) {
    const auto catalogue = our_own();
    const auto& services = catalogue.services;
    ASSERT_FALSE(services.empty());
    for (const Service& service : services) EXPECT_TRUE(service.checked.has_value()) << service.id;
    EXPECT_TRUE(std::any_of(services.begin(), services.end(),
                            [&](const Service& service) { return service.checked != services.front().checked; }));
}

}  // namespace
}  // namespace cenote::blocklists
