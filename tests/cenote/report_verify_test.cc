// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_verify.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "resolver/base/digest.h"
#include "tests/support/temporary_folder.h"
#include "tools/cenote/report_sign.h"

namespace cenote::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kDigest1(64, '1');
const std::string kDigest2(64, '2');
const std::string kPolicy(64, 'a');

/// A report of two days of one node, in a zone nine hours ahead: neither edge is a midnight of UTC.
Json report() {
    Json made = Json::parse(R"({
        "report": 1, "made": {"at": "2026-03-05T00:00:00Z", "by": "kim"},
        "period": {"from": "2026-02-28T15:00:00Z", "to": "2026-03-03T15:00:00Z", "zone": "Asia/Seoul"},
        "scope": {"nodes": ["dns1"], "directive": "2026-014", "group": null},
        "data": {"days": [{"day": "2026-03-01", "nodes": [{"node": "dns1", "digest": ""}]},
                          {"day": "2026-03-02", "nodes": [{"node": "dns1", "digest": ""}]}]},
        "policies": [{"digest": ""}], "use": {"name": "딥시크 \"\u0007/\n"}})");
    made["data"]["days"][0]["nodes"][0]["digest"] = kDigest1;
    made["data"]["days"][1]["nodes"][0]["digest"] = kDigest2;
    made["policies"][0]["digest"] = kPolicy;
    made["data_digest"] = data_digest_of(made);
    return made;
}

Json row(const std::string& day, const std::string& digest, const std::string& state = "as sealed",
         const std::string& hours = "as sealed") {
    return {{"day", day},
            {"node", "dns1"},
            {"digest", digest},
            {"state", state},
            {"hours", hours},
            {"seal", {{"digest", digest}, {"at", "2026-03-04T00:00:30Z"}, {"number", 7}, {"times", 1}}}};
}

class ReportVerifyTest : public ::testing::Test {
protected:
    Json rows_{row("2026-02-28", std::string(64, '0')), row("2026-03-01", kDigest1), row("2026-03-02", kDigest2),
               row("2026-03-03", std::string(64, '3'), "not yet sealed", "no seal")};
    Json unknown_ = Json::array();
    Json now_ = report();

    std::vector<ReportCheck> check(const Json& file) { return check(file.dump(2)); }
    std::vector<ReportCheck> check(const std::string& file) {
        const auto parsed = parse_report_file(file, "");
        EXPECT_TRUE(parsed.ok()) << parsed.error().text;
        const VerifyAsks asks{.seals = [this](const Json& args) -> Result<Json> {
                                  // One day a part.
                                  const std::string from = args["from"].get<std::string>().substr(0, 10);
                                  Json part{{"rows", Json::array()}, {"next", nullptr}, {"unknown_policies", unknown_}};
                                  for (std::size_t i = 0; i < rows_.size(); ++i) {
                                      if (rows_[i]["day"] < from) continue;
                                      part["rows"].push_back(rows_[i]);
                                      if (i + 1 < rows_.size())
                                          part["next"] = rows_[i + 1]["day"].get<std::string>() + "T00:00:00Z";
                                      break;
                                  }
                                  if (args["policies"].empty()) part["unknown_policies"] = Json::array({"not asked"});
                                  return part;
                              },
                              .recompute = [this](const Json& parameters) -> Result<Json> {
                                  EXPECT_EQ(parameters["from"], "2026-02-28T15:00:00Z");
                                  EXPECT_EQ(parameters["to"], "2026-03-03T15:00:00Z");
                                  EXPECT_EQ(parameters.value("directive", ""), "2026-014");
                                  EXPECT_FALSE(parameters.contains("group"));
                                  if (now_.is_null()) return Error{"no history"};
                                  return now_;
                              }};
        auto checks = check_report(*parsed, asks);
        EXPECT_TRUE(checks.ok()) << checks.error().text;
        return std::move(*checks);
    }
    static std::vector<std::string> bad(const std::vector<ReportCheck>& checks) {
        std::vector<std::string> names;
        for (const ReportCheck& each : checks)
            if (!each.good) names.push_back(each.name);
        return names;
    }
    static ReportCheck days(const std::vector<ReportCheck>& checks) {
        for (const ReportCheck& each : checks)
            if (each.name == "days") return each;
        ADD_FAILURE();
        return {};
    }
};

TEST_F(ReportVerifyTest, UnchangedDataIsSaidWithOneSentenceForEachCheck) {
    const auto checks = check(report());
    EXPECT_THAT(bad(checks), IsEmpty());
    ASSERT_EQ(checks.size(), 4);
    EXPECT_EQ(checks[0].name, "figures");
    EXPECT_EQ(checks[1].sentence,
              "the data is unchanged: 3 days are as they were sealed, 1 have no seal yet or nothing to seal");
    EXPECT_EQ(checks[2].sentence, "the trail knows the 1 policies of the report");
    EXPECT_EQ(checks[3].name, "recomputed");
}

TEST_F(ReportVerifyTest, TheDayThatDiffersIsNamed) {
    rows_[2]["digest"] = std::string(64, '9');
    EXPECT_THAT(bad(check(report())), ElementsAre("days"));
    EXPECT_THAT(days(check(report())).sentence, HasSubstr("2026-03-02"));
    EXPECT_THAT(days(check(report())).details, ElementsAre("2026-03-02, dns1: the rows are not those of the report"));
    const auto after = [this](std::size_t index, const Json& changed) {
        const Json before = std::exchange(rows_[index], changed);
        const auto found = days(check(report()));
        rows_[index] = before;
        EXPECT_FALSE(found.good);
        return found.details.empty() ? std::string() : found.details[0];
    };
    rows_[2]["digest"] = kDigest2;
    EXPECT_THAT(after(1, row("2026-03-01", kDigest1, "changed")), HasSubstr("not those that were sealed"));
    EXPECT_THAT(after(1, row("2026-03-01", kDigest1, "gone")), HasSubstr("that were sealed are gone"));
    EXPECT_THAT(after(1, row("2026-03-01", kDigest1, "without seal")), HasSubstr("none when later days were sealed"));
    EXPECT_THAT(after(1, row("2026-03-01", kDigest1, "as sealed", "changed")), HasSubstr("the hours are not those"));
    EXPECT_THAT(after(0, row("2026-02-28", kDigest1, "as sealed", "changed")), HasSubstr("2026-02-28")) << "an edge";
    rows_.erase(1);
    EXPECT_THAT(days(check(report())).details,
                ElementsAre("2026-03-01, dns1: the rows of the report are not there any more"));
}

TEST_F(ReportVerifyTest, ADayThatTheReportShouldHaveAndHasNotIsNamed) {
    Json fewer = report();
    fewer["data"]["days"].erase(0);
    fewer["data_digest"] = data_digest_of(fewer);
    now_ = fewer;
    EXPECT_THAT(days(check(fewer)).details,
                ElementsAre("2026-03-01, dns1: the report has no rows of it, and now there are some"));
    rows_[1]["node"] = "dns2";  // no node of the report
    EXPECT_TRUE(days(check(fewer)).good);
}

TEST_F(ReportVerifyTest, WhatIsNoFaultIsSaid) {
    rows_[1]["seal"]["times"] = 2;
    rows_[1]["seal"]["why_again"] = "the clock had been set back";
    rows_[2]["hours"] = "deleted";
    const auto found = days(check(report()));
    EXPECT_TRUE(found.good);
    EXPECT_THAT(found.sentence, HasSubstr("of 1 the hours were deleted"));
    ASSERT_EQ(found.details.size(), 1);
    EXPECT_THAT(found.details[0],
                HasSubstr("sealed 2 times, the last time on 2026-03-04T00:00:30Z: the clock had been set back"));
}

TEST_F(ReportVerifyTest, EachOtherCheckFailsByItself) {
    unknown_ = Json::array({kPolicy});
    EXPECT_THAT(bad(check(report())), ElementsAre("policies"));
    unknown_ = Json::array();
    now_["data_digest"] = kDigest1;
    EXPECT_THAT(bad(check(report())), ElementsAre("recomputed"));
    now_ = nullptr;
    EXPECT_THAT(check(report()).back().sentence, HasSubstr("could not be made again: no history"));
    now_ = report();
    Json forged = report();
    forged["use"]["name"] = "other";
    EXPECT_THAT(bad(check(forged)), ElementsAre("figures"));
    forged = report();
    forged["made"]["by"] = "lee";
    EXPECT_THAT(bad(check(forged)), IsEmpty()) << "who made it is not part of the data";
}

std::string stamp() {
    return fmt::format(
        R"({{"cenote_report":1,"data_digest":"{}","directive":"2026-014","from":"2026-02-28T15:00:00Z","group":null,"lang":"ko","to":"2026-03-03T15:00:00Z","zone":"Asia/Seoul"}})",
        report()["data_digest"].get<std::string>());
}

std::string escaped(std::string text) {
    for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 6) text.replace(at, 1, "&quot;");
    return text;
}

TEST_F(ReportVerifyTest, EveryFormatCarriesWhatItWasMadeFrom) {
    const std::string html = fmt::format(
        "<!doctype html>\n<html><head><meta charset=\"utf-8\">\n<meta name=\"cenote-report\" "
        "content='{}'>\n</head></html>\n",
        escaped(stamp()));
    const std::string text = fmt::format("REPORT\n\n  ███ 12\n\ncenote-report {}\n\n", stamp());
    const std::string digest = report()["data_digest"].get<std::string>();
    const std::string csv = fmt::format("service,queries,data_digest\r\nalpha,1,{0}\r\n\"a\nb\",2,{0}\r\n", digest);
    for (const auto& [format, file] :
         {std::pair("html", html), {"text", text}, {"csv", stamp() + "\n"}, {"csv", csv}}) {
        const auto parsed = parse_report_file(file, stamp());
        ASSERT_TRUE(parsed.ok()) << format << parsed.error().text;
        EXPECT_EQ(parsed->format, format);
        EXPECT_EQ(parsed->data_digest, digest);
        EXPECT_EQ(parsed->parameters.size(), 3) << parsed->parameters;
        EXPECT_EQ(parsed->contradiction, "");
        EXPECT_EQ(parsed->report, std::nullopt);
    }
    EXPECT_THAT(bad(check(html)), IsEmpty());
    EXPECT_THAT(bad(check(text)), IsEmpty());
    rows_[2]["state"] = "changed";
    EXPECT_THAT(bad(check(text)), ElementsAre("days")) << "without digests of days the seals tell";
    const auto other = parse_report_file("service,data_digest\nalpha," + kDigest1 + "\n", stamp());
    EXPECT_THAT(other->contradiction, HasSubstr(kDigest1));
}

TEST_F(ReportVerifyTest, WhatIsNoReportIsRefused) {
    const auto why = [](const std::string& text, const std::string& beside = "") {
        const auto parsed = parse_report_file(text, beside);
        EXPECT_FALSE(parsed.ok()) << text;
        return parsed ? std::string() : parsed.error().text;
    };
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("{"), std::string("[]"), std::string("{}"),
          std::string("%PDF-1.7"), std::string("<html></html>"), std::string("a,b\n"), std::string(100, '\0')})
        EXPECT_THAT(why(text), HasSubstr("no report"));
    EXPECT_THAT(why("a,data_digest\n"), HasSubstr("cenote-report.json"));
    EXPECT_THAT(why("a,data_digest\n", "{"), HasSubstr("damaged"));
    EXPECT_THAT(why("cenote-report {"), HasSubstr("damaged"));
    EXPECT_THAT(why("<meta name=\"cenote-report\" content='"), HasSubstr("no report"));
    const auto changed = [](const char* key, const Json& value) {
        Json made = report();
        made[key] = value;
        return made.dump();
    };
    EXPECT_THAT(why(changed("report", 2)), HasSubstr("of a later Cenote"));
    EXPECT_THAT(why(changed("report", "1")), HasSubstr("no report"));
    EXPECT_THAT(why(changed("data_digest", "x")), HasSubstr("data_digest"));
    EXPECT_THAT(why(changed("data_digest", nullptr)), HasSubstr("data_digest"));
    EXPECT_THAT(why(changed("period", 7)), HasSubstr("'from'"));
    EXPECT_THAT(why(changed("period", {{"from", "2026-03-03T00:00:00Z"}, {"to", "2026-03-03T00:00:00Z"}})),
                HasSubstr("ends before it begins"));
}

class ReportFolderTest : public ::testing::Test {
protected:
    void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
    [[nodiscard]] static int run(const std::string& command) { return std::system(command.c_str()); }  // NOLINT

    testing_support::TemporaryFolder folder_;
};

TEST_F(ReportFolderTest, AFolderOfTablesIsReadByItsStamp) {
    const std::string digest = report()["data_digest"].get<std::string>();
    EXPECT_FALSE(read_report_file(folder_ / "").ok());
    write("cenote-report.json", stamp());
    write("services.csv", "service,data_digest\nalpha," + digest + "\n");
    EXPECT_EQ(read_report_file(folder_ / "").value().data_digest, digest);
    EXPECT_EQ(read_report_file(folder_ / "services.csv").value().contradiction, "");
    write("groups.csv", "group,data_digest\nstaff," + kDigest1 + "\n");
    EXPECT_THAT(read_report_file(folder_ / "").value().contradiction, HasSubstr("groups.csv: a row has the digest"));
    EXPECT_FALSE(read_report_file(folder_ / "none.json").ok());
}

TEST_F(ReportFolderTest, AReportIsSignedByMinisignAndTheSignatureHolds) {
    const std::string keys = fmt::format("-p {0}/key.pub -s {0}/key.sec", folder_.path().string());
    ASSERT_EQ(run("minisign -G -W " + keys + " > /dev/null"), 0);
    write("report.json", report().dump());
    const Path file = folder_ / "report.json";
    const std::string key = folder_ / "key.pub";
    EXPECT_THAT(check_signature(file, key).value().sentence, HasSubstr("no signature"));
    ASSERT_TRUE(sign_report(file, folder_ / "key.sec").ok());
    EXPECT_EQ(run(fmt::format("minisign -V -q -p {} -m {}", key, file.string())), 0) << "the program itself";
    const auto signed_now = check_signature(file, key);
    EXPECT_TRUE(signed_now->good) << signed_now->sentence;
    EXPECT_THAT(signed_now->sentence, HasSubstr("signed with the key, on 20"));
    std::ifstream in(key);
    std::string line;
    std::getline(std::getline(in, line), line);
    EXPECT_TRUE(check_signature(file, line)->good) << "the key itself";
    EXPECT_FALSE(check_signature(file, "no key").ok());

    ASSERT_EQ(run(fmt::format("minisign -G -W -p {0}/other.pub -s {0}/other.sec > /dev/null", folder_.path().string())),
              0);
    EXPECT_THAT(check_signature(file, folder_ / "other.pub")->sentence, HasSubstr("another key"));
    write("report.json", report().dump() + " ");
    EXPECT_FALSE(check_signature(file, key)->good);
}

TEST_F(ReportFolderTest, ThePasswordOfAKeyIsAskedForByMinisign) {
    write("password", "correct horse\ncorrect horse\n");
    write("wrong", "battery\n");
    const std::string at = folder_.path().string();
    ASSERT_EQ(run(fmt::format("minisign -G -p {0}/key.pub -s {0}/key.sec < {0}/password > /dev/null 2>&1", at)), 0);
    write("report.json", report().dump());
    const auto sign_with = [this](const std::string& input) {
        const int before = ::dup(STDIN_FILENO);
        const int from = ::open((folder_ / input).c_str(), O_RDONLY | O_CLOEXEC);
        ::dup2(from, STDIN_FILENO);
        const bool is_signed = sign_report(folder_ / "report.json", folder_ / "key.sec").ok();
        ::dup2(before, STDIN_FILENO);
        ::close(from);
        ::close(before);
        return is_signed;
    };
    EXPECT_FALSE(sign_with("wrong"));
    EXPECT_TRUE(sign_with("password"));
    EXPECT_TRUE(check_signature(folder_ / "report.json", folder_ / "key.pub")->good);
}

TEST_F(ReportFolderTest, WhatCannotBeSignedLeavesTheSignatureBefore) {
    write("report.json", report().dump());
    write("report.json.minisig", "before");
    write("no.key", "nothing");
    EXPECT_THAT(sign_report(folder_ / "report.json", folder_ / "no.key").error().text, HasSubstr("did not sign"));
    EXPECT_THAT(sign_report(folder_ / "report.json", folder_ / "none.key").error().text, HasSubstr("cannot read"));
    EXPECT_THAT(sign_report(folder_ / "", folder_ / "no.key").error().text, HasSubstr("not of a folder"));
    std::ifstream in(folder_ / "report.json.minisig");
    std::string text;
    std::getline(in, text);
    EXPECT_EQ(text, "before");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 3);
}

TEST_F(ReportFolderTest, WithoutTheProgramTheErrorNamesThePackage) {
    write("report.json", "x");
    write("key", "x");
    const std::string path = std::getenv("PATH");  // NOLINT
    ::setenv("PATH", folder_.path().c_str(), 1);   // NOLINT
    const auto signing = sign_report(folder_ / "report.json", folder_ / "key");
    ::setenv("PATH", path.c_str(), 1);  // NOLINT
    EXPECT_THAT(signing.error().text, HasSubstr("apt install minisign"));
}

}  // namespace
}  // namespace cenote::cli
