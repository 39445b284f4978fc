// SPDX-License-Identifier: Apache-2.0
//
// Verbs without a daemon.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "resolver/base/time_text.h"
#include "tests/cenote/tool.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

using control::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using FilesTest = ToolTest;

std::vector<std::string> ids(const Json& rows) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.at("id"));
    return ids;
}

TEST_F(FilesTest, UpdatePublishesWithoutADaemonAndReportsThat) {
    configure("");
    const auto ran = run("update");
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("2 services"));
    EXPECT_THAT(ran.out, HasSubstr("no cenoted listens"));
    const auto shown = run("inspect cenote.set --json").json();
    EXPECT_EQ(shown.at("domains"), 3);
    EXPECT_EQ(shown.at("services"), 2);
    EXPECT_EQ(ids(shown.at("sources")).size(), 2U);
}

TEST_F(FilesTest, ADryRunPublishesNothing) {
    configure("");
    EXPECT_EQ(run("update --dry-run").code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "cenote.set"));
}

TEST_F(FilesTest, ExplainHasItsFields) {
    configure("[[group]]\nid = \"lab\"\nclients = [\"10.1.0.0/16\"]\n");
    ASSERT_EQ(run("update").code, 0);
    const auto shown = run("explain www.alpha-ai.example --client 10.1.2.3 --type AAAA --json").json();
    EXPECT_EQ(shown.at("name"), "www.alpha-ai.example");
    EXPECT_EQ(shown.at("client"), "10.1.2.3");
    EXPECT_EQ(shown.at("type"), "AAAA");
    EXPECT_EQ(shown.at("groups"), Json::array({"lab", "everyone"}));
    EXPECT_EQ(shown.at("verdict"), "restrict");
    EXPECT_EQ(shown.at("service"), "alpha");
    EXPECT_EQ(shown.at("directive"), "test-1");
    EXPECT_EQ(shown.at("matched"), "alpha-ai.example");
    EXPECT_EQ(shown.at("answer"), "null, 30 s");
    EXPECT_EQ(shown.at("until"), "2099-12-31T23:59:59Z");
    EXPECT_TRUE(shown.at("list").is_null());
    EXPECT_TRUE(shown.at("exception").is_null());
    EXPECT_TRUE(shown.contains("policy_version"));
    EXPECT_GT(shown.at("steps").size(), 2U);
}

TEST_F(FilesTest, ExplainJudgesTheNameInWhatIsPasted) {
    configure("");
    ASSERT_EQ(run("update").code, 0);
    for (const char* pasted : {"https://www.alpha-ai.example/login", "www.alpha-ai.example:443",
                               "www.alpha-ai.example/a", "www.alpha-ai.example."}) {
        const auto ran = run(std::string("explain ") + pasted);
        EXPECT_THAT(ran.out, testing::StartsWith("restrict  alpha-ai.example = Alpha Chat"));
        EXPECT_THAT(ran.err,
                    testing::StartsWith(std::string("cenote: '") + pasted + "' is read as www.alpha-ai.example: "));
    }
    const auto shown = run("explain https://www.alpha-ai.example/login --json").json();
    EXPECT_EQ(shown.at("name"), "www.alpha-ai.example");
    EXPECT_THAT(shown.at("notes").at(0), HasSubstr("scheme and path are taken off"));
    EXPECT_EQ(run("explain www.alpha-ai.example --json").json().at("notes"), Json::array());
    for (const char* refused : {"a@alpha-ai.example", "'||alpha-ai.example^'", "'*.alpha-ai.example'", "192.0.2.1",
                                "'www alpha-ai.example'", "''"}) {
        const auto ran = run(std::string("explain ") + refused);
        EXPECT_EQ(ran.code, 2) << refused;
        EXPECT_EQ(ran.out, "");
        EXPECT_THAT(ran.err, HasSubstr("write")) << refused;
    }
}

TEST_F(FilesTest, InternationalNamesAreShownInBothForms) {
    configure("[[directive]]\nid = \"hangul\"\ntargets = [\"domain:한글도메인.kr\"]\nstep = \"restrict\"\n");
    ASSERT_EQ(run("update").code, 0);
    const std::string both = "한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)";
    const auto ran = run("explain 한글도메인.kr");
    EXPECT_THAT(ran.out, testing::StartsWith("restrict  " + both));
    EXPECT_EQ(ran.err, "cenote: no cenoted runs: this is what the files say\n");
    EXPECT_THAT(run("directives").out, HasSubstr("domain:" + both));
    EXPECT_THAT(run("directives hangul").out, HasSubstr("domain:" + both));
    const auto shown = run("explain www.한글도메인.kr --json").json();
    EXPECT_EQ(shown.at("verdict"), "restrict");
    EXPECT_EQ(shown.at("name"), "www.xn--bj0bj3i97fq8o5lq.kr");
    EXPECT_EQ(shown.at("unicode"), "www.한글도메인.kr");
    EXPECT_TRUE(run("explain www.alpha-ai.example --json").json().at("unicode").is_null());
    EXPECT_EQ(run("directives hangul --json").json().at(0).at("targets"),
              Json::array({"domain:xn--bj0bj3i97fq8o5lq.kr"}));
}

TEST_F(FilesTest, ExplainShowsThatAClientIsRefused) {
    configure("");
    ASSERT_EQ(run("update").code, 0);
    const auto shown = run("explain www.alpha-ai.example --client 8.8.8.8 --json").json();
    EXPECT_EQ(shown.at("verdict"), "refused");
    EXPECT_EQ(shown.at("answer"), "REFUSED, EDE 18 (Prohibited)");
    EXPECT_TRUE(shown.at("directive").is_null());
    EXPECT_TRUE(shown.at("until").is_null());
    EXPECT_EQ(shown.at("service"), "alpha");
    EXPECT_THAT(shown.at("steps").at(0), HasSubstr("allow_from"));
    EXPECT_THAT(
        run("explain localhost --client 8.8.8.8").out,
        testing::StartsWith("refused   8.8.8.8 > [server].allow_from has no prefix that contains it > REFUSED"));
    EXPECT_EQ(run("explain www.alpha-ai.example --client 10.1.2.3 --json").json().at("verdict"), "restrict");
}

TEST_F(FilesTest, ServicesShowHowAStrictOneIsTargeted) {
    configure("");
    write("services/relay.toml",
          "vendor = \"Relay Labs\"\njurisdiction = \"US\"\n[[service]]\nid = \"relay\"\nname = \"Relay\"\ncategory = "
          "[\"bypass\"]\ndefault = false\nchecked = 2026-11-01\n"
          "evidence = [\"a letter\"]\n[[service.domain]]\nname = \"relay.example\"\nrole = \"web\"\n");
    ASSERT_EQ(run("update").code, 0);
    EXPECT_THAT(run("services relay").out, HasSubstr("only with strict = true"));
    EXPECT_THAT(run("services alpha").out, testing::ContainsRegex("taken by wildcards +yes"));
    const auto verdict = [this](const std::string& targets) {
        configure("[[directive]]\nid = \"ways-around\"\nstep = \"restrict\"\n" + targets);
        return run("explain relay.example --json").json().at("verdict");
    };
    EXPECT_EQ(verdict("targets = [\"category:bypass\"]\n"), "forward");
    EXPECT_EQ(verdict("targets = [\"category:bypass\"]\nstrict = true\n"), "restrict");
    EXPECT_EQ(verdict("targets = [\"service:relay\"]\n"), "restrict");
}

TEST_F(FilesTest, ServicesShowWhenTheyWereSeen) {
    configure("");
    write("services/later.toml",
          "vendor = \"Old Labs\"\njurisdiction = \"KR\"\n[[service]]\nid = \"old\"\nname = \"Old\"\ncategory = "
          "[\"chat\"]\nchecked = 2001-02-03\nseen = { day = 2001-02-02, source = \"a letter\" }\n"
          "evidence = [\"a letter\"]\n[[service.domain]]\nname = \"old.example\"\nrole = \"web\"\n");
    ASSERT_EQ(run("update").code, 0);
    const Json stale = run("services --stale --json").json();
    EXPECT_THAT(ids(stale), ElementsAre("alpha", "beta", "old")) << "no date shows that the evidence is newer";
    EXPECT_EQ(stale[2].at("checked"), "2001-02-03");
    EXPECT_EQ(stale[2].at("seen").at("day"), "2001-02-02");
    EXPECT_THAT(ids(run("services --stale=36500 --json").json()), ElementsAre("alpha", "beta"));
    EXPECT_THAT(run("services").out, HasSubstr("2001-02-02 stale"));
    EXPECT_THAT(run("services alpha").out, testing::ContainsRegex("last seen +none"));
    EXPECT_THAT(run("services old").out, testing::ContainsRegex("last seen +2001-02-02 in a letter"));
    for (const char* days : {"0", "-1", "many", "36501"}) {
        const auto ran = run(std::string("services --stale=") + days);
        EXPECT_EQ(ran.code, 2) << days;
        EXPECT_THAT(ran.err, HasSubstr("no number of days")) << days;
    }
}

TEST_F(FilesTest, AServiceFitsAHundredColumns) {
    configure("");
    std::string text =
        "vendor = \"Wide Labs\"\njurisdiction = \"KR\"\n[[service]]\nid = \"wide\"\nname = \"Wide\"\n"
        "category = [\"chat\"]\nnote = \"";
    for (int i = 0; i < 60; ++i) text += "한글 words ";
    text += "\"\nshared = [";
    for (int i = 0; i < 30; ++i) text += fmt::format("\"host{}.shared-network.example\", ", i);
    text += "]\n[[service.domain]]\nname = \"wide.example\"\nrole = \"web\"\nseen = { source = \"a letter\" }\n";
    write("services/wide.toml", text);
    ASSERT_EQ(run("update").code, 0);
    const auto ran = run("services wide");
    EXPECT_THAT(ran.out, HasSubstr("host29.shared-network.example"));
    EXPECT_THAT(ran.out, testing::ContainsRegex("wide.example +web +no date"));
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(width_of(line), 100U) << line;
}

TEST_F(FilesTest, ExplainForPeopleIsALine) {
    configure("");
    ASSERT_EQ(run("update").code, 0);
    EXPECT_EQ(
        run("explain alpha-ai.example").out,
        std::string("restrict  alpha-ai.example = Alpha Chat (KR, chat) > directive test-1 > everyone > null, 30 s\n") +
            fmt::format("          until 2099-12-31 23:59:59 UTC (in {} days), then forward\n",
                        (parse_time("2099-12-31T23:59:59Z").value() - wall_now()) / std::chrono::hours(24)));
    EXPECT_EQ(run("explain www.debian.org").out, "forward   in no service and no list\n");
    EXPECT_EQ(run("explain shared.cdn-net.example").out,
              "forward   shared.cdn-net.example: used by alpha and by others, never sinkholed\n");
    write("shared_infrastructure.txt", "# sign-in\nshared.cdn-net.example\n# payments\npay.example\n");
    EXPECT_EQ(run("explain shared.cdn-net.example").out,
              "forward   shared.cdn-net.example: sign-in, used by alpha and by others, never sinkholed\n");
    EXPECT_EQ(run("explain pay.example").out,
              "forward   pay.example: shared infrastructure (payments), never sinkholed\n");
    EXPECT_EQ(run("explain beta-ai.example").out,
              "forward   beta-ai.example = Beta Code (KR, coding) > no directive\n");
    EXPECT_THAT(run("explain localhost").out, testing::StartsWith("local     localhost > "));
    EXPECT_GT(lines_of(run("explain alpha-ai.example --steps").out), 4);
}

TEST_F(FilesTest, ReadingFilesIsReported) {
    configure("");
    ASSERT_EQ(run("update").code, 0);
    for (const char* line : {"explain alpha-ai.example", "services", "lists", "groups", "directives --json",
                             "exceptions --json", "export --format rpz"})
        EXPECT_EQ(run(line).err, "cenote: no cenoted runs: this is what the files say\n") << line;
    EXPECT_EQ(run("inspect cenote.set").err, "");
}

TEST_F(FilesTest, ExplainWithoutASetGivesTheRemedy) {
    configure("");
    const auto ran = run("explain alpha-ai.example");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("cenote update"));
}

TEST_F(FilesTest, AConfigurationWithoutAnythingToCompileNeedsNoSet) {
    write("cenote.toml", "[[directive]]\nid = \"d\"\ntargets = [\"domain:example.ai\"]\nstep = \"block\"\n");
    EXPECT_THAT(run("explain a.example.ai").out, testing::StartsWith("block     example.ai > directive d"));
    EXPECT_EQ(run("update").code, 1);
}

TEST_F(FilesTest, ServicesAreKnownFromTheSetOrTheCatalogue) {
    configure("");
    EXPECT_THAT(ids(run("services --json").json()), testing::UnorderedElementsAre("alpha", "beta"));
    ASSERT_EQ(run("update").code, 0);
    EXPECT_THAT(ids(run("services --json").json()), testing::UnorderedElementsAre("alpha", "beta"));
    EXPECT_THAT(ids(run("services --json --category CODING").json()), ElementsAre("beta"));
    const auto abroad = run("services --jurisdiction Korea");
    EXPECT_EQ(abroad.code, 2) << "a filter that fits nothing would look like an empty catalogue";
    EXPECT_EQ(abroad.err, "cenote: there is no jurisdiction 'Korea'; there are KR\n");
    EXPECT_EQ(run("services --category codin --json").code, 2);
    EXPECT_EQ(run("services --json --vendor 'alpha labs'").json().size(), 2U);
    const auto one = run("services alpha-chat --json").json();
    ASSERT_EQ(ids(one), std::vector<std::string>{"alpha"});
    EXPECT_EQ(one[0].at("hosts").size(), 2U);
    EXPECT_THAT(run("services alpha").out, HasSubstr("api.alpha-ai.example"));
    EXPECT_THAT(run("services 'Alpha Chat'").out, HasSubstr("api.alpha-ai.example"));
    const auto none = run("services alhpa");
    EXPECT_EQ(none.code, 1);
    EXPECT_EQ(none.err, "cenote: there is no service 'alhpa'; did you mean 'alpha'?\n");
}

TEST_F(FilesTest, DirectivesAndGroups) {
    configure(
        "[[group]]\nid = \"lab\"\nname = \"Laboratory\"\nclients = [\"10.1.0.0/16\"]\n"
        "[[directive]]\nid = \"soon\"\ntargets = [\"service:beta\"]\nstep = \"block\"\nbefore = \"nothing\"\n"
        "starts = 2099-01-01T00:00:00Z\n[[directive]]\nid = \"past\"\ntargets = [\"service:beta\"]\n"
        "step = \"block\"\nends = 2020-01-01T00:00:00Z\n");
    ASSERT_EQ(run("update").code, 0);
    const auto rows = run("directives --json").json();
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].at("state"), "in-force");
    EXPECT_EQ(rows[1].at("state"), "planned");
    EXPECT_EQ(rows[1].at("step_now"), "nothing");
    EXPECT_EQ(rows[2].at("state"), "lapsed");
    EXPECT_THAT(rows[0].at("origin").get<std::string>(), HasSubstr("cenote.toml:9"));
    EXPECT_EQ(rows[1].at("changes"), "2099-01-01T00:00:00Z");
    EXPECT_THAT(run("directives soon").out, HasSubstr("service:beta"));
    EXPECT_THAT(run("directives soon").out,
                testing::ContainsRegex("step now +nothing; block from 2099-01-01 00:00 UTC\n"
                                       "next change +block from 2099-01-01 00:00 UTC\n"));
    EXPECT_THAT(run("directives test-1 --toml").out, HasSubstr("ends = 2099-12-31T23:59:59Z"));
    EXPECT_THAT(run("directives").out, HasSubstr("2099-12-31 23:59:59 UTC"));
    EXPECT_EQ(run("directives sooon").code, 1);
    const auto groups = run("groups --json").json();
    EXPECT_EQ(ids(groups), std::vector<std::string>{"lab"});
    EXPECT_EQ(groups[0].at("clients"), Json::array({"10.1.0.0/16"}));
    EXPECT_THAT(run("groups").out, HasSubstr("Laboratory"));
}

TEST_F(FilesTest, VerdictsAndAllowsAreKnownFromTheFiles) {
    configure(
        "[[group]]\nid = \"lab\"\nname = \"Laboratory\"\nclients = [\"10.1.0.0/16\"]\n[[allow]]\nid = "
        "\"for-the-lab\"\ndomains = [\"api.alpha-ai.example\"]\ngroups = [\"lab\"]\nreason = \"a test\"\n");
    ASSERT_EQ(run("update").code, 0);
    const auto allows = run("allows --json").json();
    EXPECT_EQ(ids(allows), std::vector<std::string>{"for-the-lab"});
    EXPECT_THAT(run("allows").out, testing::AllOf(HasSubstr("api.alpha-ai.example"), HasSubstr("a test")));
    const auto rows = run("verdicts alpha-chat --json").json();
    EXPECT_EQ(ids(rows), (std::vector<std::string>{"lab", "lab", "everyone"}));
    EXPECT_EQ(rows[2].at("verdict"), "restrict");
    const auto shown = run("verdicts alpha");
    EXPECT_THAT(shown.out, testing::ContainsRegex("lab +allow +1 +allow for-the-lab"));
    EXPECT_THAT(shown.out,
                testing::ContainsRegex("everyone +restrict +2 +directive test-1 +0 +2099-12-31 23:59:59 UTC"));
    EXPECT_EQ(shown.err, "cenote: no cenoted runs: this is what the files say\n");
    EXPECT_EQ(run("verdicts alhpa").err, "cenote: there is no service 'alhpa'; did you mean 'alpha'?\n");
    EXPECT_EQ(run("resume").code, 1);
}

TEST_F(FilesTest, ATimeNeedsItsOffsetWhereNoZoneIsKnown) {
    const auto ran = run("explain alpha-ai.example --at '2099-01-01 00:00'");
    EXPECT_EQ(ran.code, 2);
    EXPECT_THAT(ran.err, HasSubstr("the time zone of the site is not known; write '2099-01-01 00:00' with its offset"));
}

constexpr const char* kList = "[[list]]\nid = \"extra\"\nsource = \"extra.txt\"\nformat = \"domains\"\n";

TEST_F(FilesTest, ListsKeepTheirLastGoodCopy) {
    configure(kList);
    auto row = run("lists --json").json().at(0);
    EXPECT_EQ(row.at("id"), "extra");
    EXPECT_TRUE(row.at("entries").is_null());
    EXPECT_TRUE(row.at("last_good").is_null());

    write("extra.txt", "one.example\ntwo.example\n");
    ASSERT_EQ(run("update").code, 0);
    row = run("lists --json").json().at(0);
    EXPECT_EQ(row.at("entries"), 2);
    EXPECT_EQ(row.at("format"), "domains");
    EXPECT_TRUE(row.at("last_good").is_string());
    EXPECT_TRUE(row.at("age").is_number());
    EXPECT_TRUE(row.at("error").is_null());

    std::filesystem::remove(folder_ / "extra.txt");
    const auto failed = run("update");
    EXPECT_EQ(failed.code, 1);
    EXPECT_THAT(failed.err, HasSubstr("extra"));
    row = run("lists --json").json().at(0);
    EXPECT_EQ(row.at("entries"), 2) << "the last good copy serves";
    EXPECT_TRUE(row.at("error").is_string());

    write("extra.txt", "one.example\n");
    ASSERT_EQ(run("update").code, 0);
    EXPECT_TRUE(run("lists --json").json().at(0).at("error").is_null());
}

TEST_F(FilesTest, AListWithAUrlFailsAndTheOthersArePublished) {
    configure(std::string(kList) + "[[list]]\nid = \"far\"\nsource = \"https://127.0.0.1:1/a.txt\"\n");
    write("extra.txt", "one.example\n");
    const auto ran = run("update --timeout 1s");
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr("list 'far' is not taken: https://127.0.0.1:1/a.txt: "));
    EXPECT_EQ(run("inspect cenote.set --json").json().at("lists"), 1);
}

TEST_F(FilesTest, RollbackGoesBackAndForth) {
    configure(kList);
    write("extra.txt", "one.example\n");
    ASSERT_EQ(run("update").code, 0);
    write("extra.txt", "one.example\ntwo.example\n");
    ASSERT_EQ(run("update").code, 0);
    const auto names = [this] { return run("inspect cenote.set --json").json().at("domains").get<int>(); };
    EXPECT_EQ(names(), 5);
    EXPECT_EQ(run("update --rollback").code, 0);
    EXPECT_EQ(names(), 4);
    EXPECT_EQ(run("update --rollback").code, 0);
    EXPECT_EQ(names(), 5);
}

TEST_F(FilesTest, RollbackWithoutAPreviousSetFails) {
    configure("");
    ASSERT_EQ(run("update").code, 0);
    const auto ran = run("update --rollback");
    EXPECT_EQ(ran.code, 1);
    EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
}

TEST_F(FilesTest, CompileWritesAFileOfItsOwn) {
    configure("");
    EXPECT_EQ(run("compile --out other.set").code, 0);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "cenote.set"));
    EXPECT_THAT(run("inspect other.set").out, HasSubstr("alpha"));
    EXPECT_EQ(run("compile --out nowhere/other.set").code, 1);
}

TEST_F(FilesTest, InspectRefusesAnotherFile) {
    write("no.set", "nothing of the kind");
    for (const char* file : {"no.set", "missing.set", "services"}) {
        const auto ran = run(std::string("inspect ") + file);
        EXPECT_EQ(ran.code, 1) << file;
        EXPECT_EQ(lines_of(ran.err), 1) << ran.err;
    }
}

TEST_F(FilesTest, NoColourAndNoHeaderInAPipe) {
    configure("");
    EXPECT_THAT(run("services").out, testing::Not(HasSubstr("\x1b")));
    EXPECT_EQ(lines_of(run("services").out), 2);
    const std::string with_header = run("services --header").out;
    EXPECT_EQ(lines_of(with_header), 3);
    EXPECT_THAT(with_header, testing::StartsWith("SERVICE  VENDOR"));
    EXPECT_EQ(run("--header services").out, with_header);
}

}  // namespace
}  // namespace cenote::cli
