// SPDX-License-Identifier: Apache-2.0
#include "blocklists/compile.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "blocklists/diff.h"
#include "resolver/domainset/publish.h"
#include "tests/blocklists/lists.h"
#include "tests/support/places.h"
#include "tests/support/temporary_folder.h"

namespace cenote::blocklists {
namespace {

using domainset::DomainSet;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Compile : public ::testing::Test {
protected:
    Compile() {
        manifest_.built_at = WallTime(seconds(1'800'000'000));
        manifest_.seed = 11;
    }

    Path list(const std::string& file, std::string_view text) {
        write_file(folder_ / file, text);
        return folder_ / file;
    }
    /// Compiles in memory; the compilation must succeed.
    Compiled compiled() {
        auto made = compile_in_memory(manifest_, diagnostics_);
        EXPECT_TRUE(made.ok()) << made.error().text;
        return *std::move(made);
    }
    /// The ids of the sources that cover a name.
    static std::set<std::string> at(const Compiled& made, std::string_view text) {
        const auto set = DomainSet::from_bytes(made.bytes);
        EXPECT_TRUE(set.ok());
        std::set<std::string> ids;
        if (const auto hit = set->match(name(text)))
            for (const auto tag : set->source_set(hit->tags)) ids.insert(set->sources()[set->tags()[tag].source].id);
        return ids;
    }
    static std::vector<std::string> names_of(const std::vector<LeftOut>& left_out) {
        std::vector<std::string> names;
        for (const auto& entry : left_out) names.push_back(entry.name);
        return names;
    }
    void add_service() {
        write_file(folder_ / "services" / "a.toml", R"(vendor = "Example AI"
jurisdiction = "ZZ"
[[service]]
id = "example"
name = "Example"
category = ["chat"]
shared = ["cdn.example.net"]
[[service.domain]]
name = "chat.example"
role = "web"
[[service.domain]]
name = "api.chat.example"
role = "api"
)");
        manifest_.services = {folder_ / "services"};
    }

    testing_support::TemporaryFolder folder_;
    Manifest manifest_;
    Diagnostics diagnostics_;
};

TEST_F(Compile, ServicesAndListsMeetInOneSet) {
    add_service();
    manifest_.lists = {{"d", list("d.txt", "chat.example\nads.example\n"), Format::Auto, {}},
                       {"h", list("h.txt", "0.0.0.0 ads.example\n"), Format::Auto, {}}};
    const auto made = compiled();
    EXPECT_EQ(at(made, "x.chat.example"), (std::set<std::string>{"d", "example"}));
    EXPECT_EQ(at(made, "ads.example"), (std::set<std::string>{"d", "h"}));
    EXPECT_EQ(at(made, "x.ads.example"), (std::set<std::string>{"d"}));
    EXPECT_EQ(made.report.services, 1U);
    EXPECT_EQ(made.report.service_domains, 2U);
    ASSERT_EQ(made.report.lists.size(), 2U);
    EXPECT_EQ(made.report.lists[0].format, Format::Domains);
    EXPECT_EQ(made.report.lists[0].entries, 2U);
    EXPECT_EQ(made.report.lists[1].format, Format::Hosts);
    EXPECT_EQ(made.report.info.services, 1U);
    EXPECT_EQ(made.report.info.lists, 2U);
    EXPECT_EQ(made.report.info.domains, 3U);
    EXPECT_TRUE(diagnostics_.all().empty());
}

TEST_F(Compile, TwiceGivesTheSameBytes) {
    add_service();
    manifest_.lists = {{"d", list("d.txt", "chat.example\nads.example\n"), Format::Auto, {}}};
    EXPECT_EQ(compiled().bytes, compiled().bytes);
}

TEST_F(Compile, FirstCopyLosesWhatMayNotBeSinkholed) {
    add_service();
    manifest_.protect = {name("agency.example")};
    manifest_.route_zones = {name("inside.example")};
    manifest_.local_names = {name("intranet.other.example")};
    manifest_.lists = {{"d",
                        list("d.txt",
                             "ads.example\nwww.agency.example\nx.inside.example\nother.example\ncom\n"
                             "example.net\nbelow.cdn.example.net\n"),
                        Format::Domains,
                        {}}};
    const auto made = compiled();
    EXPECT_THAT(names_of(made.report.lists.front().left_out),
                ElementsAre("www.agency.example", "x.inside.example", "other.example", "com", "example.net"));
    EXPECT_EQ(made.report.lists.front().entries, 2U);
    EXPECT_TRUE(made.report.lists.front().error.empty());
    EXPECT_FALSE(diagnostics_.has_errors());
    EXPECT_EQ(diagnostics_.all().size(), 5U);
    EXPECT_EQ(diagnostics_.all().front().place.line, 2U);
    EXPECT_THAT(at(made, "www.agency.example"), IsEmpty());
    EXPECT_THAT(at(made, "below.cdn.example.net"), ElementsAre("d"));
}

TEST_F(Compile, ForceTakesEverything) {
    manifest_.protect = {name("agency.example")};
    manifest_.force = true;
    manifest_.lists = {{"d", list("d.txt", "agency.example\ncom\n"), Format::Domains, {}}};
    const auto made = compiled();
    EXPECT_THAT(made.report.lists.front().left_out, IsEmpty());
    EXPECT_THAT(at(made, "x.com"), ElementsAre("d"));
}

TEST_F(Compile, ServiceUnderProtectIsLeftOut) {
    add_service();
    manifest_.protect = {name("api.chat.example")};
    const auto made = compiled();
    EXPECT_THAT(names_of(made.report.services_left_out), ElementsAre("chat.example", "api.chat.example"));
    EXPECT_EQ(made.report.service_domains, 0U);
}

TEST_F(Compile, ALaterCatalogueIsGuardedAsAListIs) {
    add_service();
    manifest_.protect = {name("api.chat.example"), name("later.example")};
    const auto first = compiled();
    EXPECT_EQ(first.report.services_text, "chat.example\napi.chat.example\n");
    EXPECT_EQ(first.report.services_left_out.size(), 2U);  // chat.example is above api.chat.example
    manifest_.services_last_good = list("catalogue.names", first.report.services_text);
    compiled();  // an entry that was left out before is left out again

    const auto refused = [this] {
        const auto made = compile_in_memory(manifest_, diagnostics_);
        return made ? std::string("taken") : made.error().text;
    };
    const std::string service =
        "vendor = \"B\"\njurisdiction = \"ZZ\"\n[[service]]\nid = \"b\"\nname = \"B\"\n"
        "category = [\"chat\"]\n";
    const auto domain = [](const std::string& text) {
        return "[[service.domain]]\nname = \"" + text + "\"\nrole = \"web\"\n";
    };
    write_file(folder_ / "services" / "b.toml", service + domain("later.example"));
    EXPECT_THAT(refused(),
                HasSubstr("the catalogue is not taken: it adds 'later.example', which may not be sinkholed"));

    std::string many = service;
    std::string popular;
    for (int i = 0; i < 30; ++i) {
        many += domain("n" + std::to_string(i) + ".example");
        popular += "n" + std::to_string(i) + ".example\n";
    }
    write_file(folder_ / "services" / "b.toml", many);
    EXPECT_THAT(refused(), HasSubstr("it grew from 0 to 30 entries"));
    manifest_.acceptance.growth_max = 1e9;
    manifest_.acceptance.change_min = 1000;
    EXPECT_EQ(refused(), "taken");
    manifest_.popular = list("popular", popular);
    EXPECT_THAT(refused(), HasSubstr("it would newly sinkhole 30 popular names"));

    // Popular hosts of one registered domain count once.
    std::string hosts;
    for (int i = 0; i < 30; ++i) hosts += "h" + std::to_string(i) + ".n1.example\n";
    manifest_.popular = list("popular", hosts);
    EXPECT_EQ(refused(), "taken");
    manifest_.popular = list("popular", popular);
    manifest_.force = true;
    EXPECT_EQ(refused(), "taken");
}

TEST_F(Compile, LaterCopyThatAddsAGuardedNameIsRefusedWhole) {
    const auto good = list("good.txt", "old.example\nco.uk\n");
    manifest_.lists = {{"d", list("new.txt", "new.example\nco.uk\ncom\n"), Format::Domains, good}};
    auto made = compiled();
    EXPECT_THAT(made.report.lists.front().error, HasSubstr("it adds 'com'"));
    EXPECT_EQ(made.report.lists.front().path, good);
    EXPECT_THAT(at(made, "old.example"), ElementsAre("d"));
    EXPECT_THAT(at(made, "new.example"), IsEmpty());
    EXPECT_TRUE(diagnostics_.has_errors());

    list("new.txt", "new.example\nco.uk\n");
    made = compiled();
    EXPECT_EQ(made.report.lists.front().error, "") << "it had co.uk before";
    EXPECT_THAT(at(made, "new.example"), ElementsAre("d"));
}

TEST_F(Compile, ARefusalNamesWhatIsBadAndWhereItIsFrom) {
    const auto good = list("good.txt", "old.example\n");
    manifest_.lists = {{"d", list("new.txt", "com\nold.example\nco.uk\nnet\n"), Format::Domains, good}};
    manifest_.lists[0].url = "https://lists.example/d.txt";
    EXPECT_EQ(compiled().report.lists.front().error,
              "https://lists.example/d.txt: it adds 3 entries that may not be sinkholed: 'com' in line 1: it is a "
              "public suffix, below which anybody registers names; 'co.uk' in line 3: it is a public suffix, below "
              "which anybody registers names; 'net' in line 4: it is a public suffix, below which anybody registers "
              "names; the last good copy serves, force takes the new one as it is");
    list("new.txt", "<html>error</html>");
    EXPECT_THAT(compiled().report.lists.front().error, HasSubstr("https://lists.example/d.txt: it is no list"));
    list("new.txt", "old.example\nwhat is this\n");
    compiled();
    EXPECT_THAT(diagnostics_.all().back().to_string(), HasSubstr("https://lists.example/d.txt:2:"));
    for (const auto& each : diagnostics_.all()) EXPECT_EQ(each.to_string().find("new.txt"), std::string::npos);
}

/// Address rules that a list may not have.
class CompileAddresses : public Compile {
protected:
    CompileAddresses() {
        manifest_.protect = {name("agency.example")};
        manifest_.addresses = {{*IpAddress::parse("192.0.2.53"), "a server of [upstream]"}};
    }
    static std::string zone(std::string_view rules) {
        return policy_zone("bad.example CNAME .\n" + std::string(rules));
    }
    /// The prefixes of a set.
    static std::set<std::string> closed(const Compiled& made) {
        const auto set = DomainSet::from_bytes(made.bytes);
        EXPECT_TRUE(set.ok());
        std::set<std::string> all;
        for (const auto& rule : set->addresses(domainset::AddressUse::Response)) all.insert(rule.prefix.to_string());
        for (const auto& rule : set->addresses(domainset::AddressUse::Client))
            all.insert("client " + rule.prefix.to_string());
        return all;
    }
};

constexpr const char* kEveryAddress =
    "0.0.0.0.0.rpz-ip CNAME .\n0.zz.rpz-ip CNAME .\n0.0.0.0.0.rpz-client-ip CNAME .\n"
    "24.0.2.0.192.rpz-ip CNAME .\n24.0.100.51.198.rpz-ip CNAME .\n32.7.3.20.10.rpz-client-ip CNAME .\n"
    "0.0.0.0.0.rpz-ip CNAME rpz-passthru.\n";

TEST_F(CompileAddresses, AFirstCopyLosesRulesOverTooMuch) {
    manifest_.lists = {{"z", list("z", zone(kEveryAddress)), Format::Rpz, {}}};
    const auto made = compiled();
    EXPECT_EQ(made.report.lists.front().error, "");
    EXPECT_THAT(names_of(made.report.lists.front().left_out),
                ElementsAre("0.0.0.0/0", "::/0", "client 0.0.0.0/0", "192.0.2.0/24"));
    EXPECT_EQ(closed(made), (std::set<std::string>{"0.0.0.0/0", "198.51.100.0/24", "client 10.20.3.7/32"}))
        << "the guard accepts every exception";
    EXPECT_THAT(at(made, "bad.example"), ElementsAre("z"));
}

TEST_F(CompileAddresses, NamesOfAListAreNoAddressRules) {
    manifest_.lists = {{"z",
                        list("z", zone("response.cenote.invalid CNAME .\n"
                                       "00000000000000000000ffff00000000.96.response.cenote.invalid CNAME .\n")),
                        Format::Rpz,
                        {}}};
    EXPECT_THAT(closed(compiled()), IsEmpty());
}

TEST_F(CompileAddresses, ADiffShowsRulesThatCameAndWent) {
    const auto set_of = [this](std::string_view rules) {
        manifest_.lists = {{"z", list("z", zone(rules)), Format::Rpz, {}}};
        return DomainSet::from_bytes(compiled().bytes).value();
    };
    const auto before = set_of("24.0.100.51.198.rpz-ip CNAME .\n32.7.100.51.198.rpz-ip CNAME rpz-passthru.\n");
    const auto after = set_of("24.0.100.51.198.rpz-ip CNAME .\n32.7.3.20.10.rpz-client-ip CNAME .\n");
    std::vector<std::string> lines;
    for (const Change& change : diff(before, after, {}))
        lines.push_back(
            fmt::format("{}: {} > {}", change.name, fmt::join(change.before, " "), fmt::join(change.after, " ")));
    EXPECT_THAT(lines, ElementsAre("client 10.20.3.7/32:  > z", "open 198.51.100.7/32: z > "));
}

TEST_F(CompileAddresses, ALaterCopyThatAddsSuchARuleIsRefusedWhole) {
    const auto good = list("good", zone(""));
    for (const auto* added :
         {"0.0.0.0.0.rpz-ip CNAME .\n", "0.0.0.0.0.rpz-client-ip CNAME .\n", "0.zz.rpz-ip A 192.0.2.1\n",
          "32.53.2.0.192.rpz-ip CNAME *.\n", "8.0.0.0.10.rpz-ip CNAME .\n", "96.zz.ff9b.64.rpz-ip CNAME .\n"}) {
        manifest_.lists = {{"z", list("z", zone(added)), Format::Rpz, good}};
        const auto made = compiled();
        EXPECT_THAT(made.report.lists.front().error, HasSubstr("may not be sinkholed")) << added;
        EXPECT_EQ(made.report.lists.front().path, good);
        EXPECT_THAT(closed(made), IsEmpty()) << added;
    }
    manifest_.force = true;
    EXPECT_THAT(closed(compiled()), ::testing::SizeIs(1));
}

TEST_F(CompileAddresses, RulesAreJudgedTogetherInAFirstCopyToo) {
    std::string halves;
    for (int i = 1; i < 10; ++i) halves += "8.0.0.0." + std::to_string(10 + i) + ".rpz-ip CNAME .\n";
    manifest_.lists = {{"z", list("z", zone(halves)), Format::Rpz, {}}};
    auto made = compiled();
    EXPECT_THAT(made.report.lists.front().error, HasSubstr("close as much as 9 IPv4 prefixes of /8 together"));
    EXPECT_THAT(closed(made), IsEmpty());
    manifest_.force = true;
    EXPECT_EQ(compiled().report.lists.front().error, "");
    manifest_.force = false;
    manifest_.lists[0].last_good = list("good", zone(halves));
    EXPECT_EQ(compiled().report.lists.front().error, "") << "what was taken by force stays";
}

TEST_F(Compile, ListThatFailsLeavesTheOthers) {
    const auto good = list("good.txt", "old.example\n");
    manifest_.lists = {{"gone", folder_ / "nowhere.txt", Format::Auto, {}},
                       {"page", list("page.txt", "<html>error</html>"), Format::Auto, good},
                       {"fine", list("fine.txt", "ads.example\n"), Format::Auto, {}}};
    const auto made = compiled();
    ASSERT_EQ(made.report.lists.size(), 3U);
    EXPECT_THAT(made.report.lists[0].error, HasSubstr("nowhere.txt"));
    EXPECT_TRUE(made.report.lists[0].path.empty());
    EXPECT_THAT(made.report.lists[1].error, HasSubstr("web page"));
    EXPECT_EQ(made.report.lists[1].path, good);
    EXPECT_THAT(at(made, "old.example"), ElementsAre("page"));
    EXPECT_THAT(at(made, "ads.example"), ElementsAre("fine"));
    EXPECT_EQ(made.report.info.lists, 2U);
    EXPECT_TRUE(diagnostics_.has_errors());
}

TEST_F(Compile, RefusedLinesHaveTheirPlace) {
    manifest_.lists = {{"d", list("d.txt", "ads.example\nwhat is this\n"), Format::Domains, {}}};
    EXPECT_EQ(compiled().report.lists.front().refused, 1U);
    ASSERT_EQ(diagnostics_.all().size(), 1U);
    EXPECT_THAT(diagnostics_.all().front().to_string(), HasSubstr("d.txt:2:"));
    EXPECT_FALSE(diagnostics_.has_errors());
}

TEST_F(Compile, MistakeInTheCatalogueCompilesNothing) {
    add_service();
    write_file(folder_ / "services" / "b.toml", "vendor = \n");
    const Path out = folder_ / "cenote.set";
    EXPECT_FALSE(compile(manifest_, out, diagnostics_).ok());
    EXPECT_TRUE(diagnostics_.has_errors());
    EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(Compile, PublishesAndKeepsThePreviousSet) {
    const Path out = folder_ / "cenote.set";
    manifest_.lists = {{"d", list("d.txt", "one.example\n"), Format::Domains, {}}};
    ASSERT_TRUE(compile(manifest_, out, diagnostics_).ok());
    list("d.txt", "two.example\n");
    const auto report = compile(manifest_, out, diagnostics_);
    ASSERT_TRUE(report.ok());
    const auto set = DomainSet::open(out);
    ASSERT_TRUE(set.ok());
    EXPECT_EQ(set->info().digest, report->info.digest);
    EXPECT_TRUE(set->match(name("two.example")));
    EXPECT_TRUE(DomainSet::open(domainset::previous_path(out))->match(name("one.example")));
    EXPECT_FALSE(compile(manifest_, folder_ / "no" / "folder.set", diagnostics_).ok());
}

TEST_F(Compile, OurOwnCatalogue) {
    manifest_.services = {testing_support::source_folder() / "blocklists" / "services"};
    const auto made = compiled();
    for (const auto& diagnostic : diagnostics_.all()) ADD_FAILURE() << diagnostic.to_string();
    EXPECT_GE(made.report.services, 60U);
    EXPECT_THAT(at(made, "www.chatgpt.com"), Contains("openai"));
    EXPECT_THAT(at(made, "google.com"), IsEmpty());
}

TEST_F(Compile, AListThatChangesWhileItIsReadIsNotTaken) {
    std::string text;
    for (int i = 0; i < 200000; ++i) text += "n" + std::to_string(i) + ".example\n";
    manifest_.lists = {{.id = "l", .path = list("l.txt", text)}};
    std::atomic<bool> stop{false};
    std::atomic<bool> writing{false};
    std::thread writer([&, file = manifest_.lists[0].path] {
        std::ofstream out(file, std::ios::app);
        while (!stop) {
            out << "x" << std::flush;
            writing = true;
        }
    });
    while (!writing) std::this_thread::yield();
    // One read may fit between two writes and succeed; a hundred reads do not.
    auto made = compiled();
    for (int i = 1; i < 100 && made.report.lists[0].error.empty(); ++i) made = compiled();
    stop = true;
    writer.join();
    EXPECT_THAT(made.report.lists[0].error, HasSubstr("changed while it was read"));
    EXPECT_TRUE(made.report.lists[0].path.empty());
}

}  // namespace
}  // namespace cenote::blocklists
