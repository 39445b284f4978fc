// SPDX-License-Identifier: Apache-2.0
//
// Times on the clock of the site, in what the tool prints and in what it is given.
#include "tests/cenote/daemon.h"

namespace cenote::cli {
namespace {

TEST_F(DaemonTest, TimesAreOnTheClockOfTheDaemonsZone) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Asia/Seoul"}});
    Json status = kStatus;
    status["problems"] = Json::array({{{"severity", "error"},
                                       {"what", "the last reload failed at 2026-11-01T01:02:03Z: it is wrong"},
                                       {"since", "2026-11-01T01:02:03Z"},
                                       {"do", "correct it"}}});
    answer("status", status);
    const auto ran = run("status");
    EXPECT_THAT(ran.out, HasSubstr("built 2026-11-01 09:00 KST"));
    EXPECT_THAT(ran.out,
                HasSubstr("failed at 2026-11-01 10:02:03 KST: it is wrong; correct it (since 2026-11-01 10:02:03"));
    EXPECT_EQ(run("status --json").json().at("problems"), status["problems"]);
    refuse("flush", "not before 2026-11-01T00:00:00Z");
    EXPECT_EQ(run("flush").err, "cenote: not before 2026-11-01 09:00 KST\n");
}

TEST_F(DaemonTest, ATimeWithoutAnOffsetIsOnTheClockOfTheDaemonsZone) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Europe/Berlin"}});
    answer("allow", {{"id", "dns1-3"}});
    const auto ran = run("allow x.example --until '2099-07-01 09:00'");
    EXPECT_EQ(ran.out, "dns1-3: x.example is open until 2099-07-01 09:00 CEST\n") << ran.err;
    answer("directive-step", {{"id", "dns1-3"}});
    for (const char* written :
         {"2099-07-01T09:00", "2099-07-01T07:00:00Z", "2099-07-01T16:00+09:00", "2099-07-01 09:00 CEST"}) {
        EXPECT_EQ(run(std::string("directive step dns1-3 block --at '") + written + "'").out,
                  "dns1-3 will be at step block from 2099-07-01 09:00 CEST on\n");
    }
    EXPECT_EQ(run("allow x.example --until 2099-07-01").out,
              "dns1-3: x.example is open until 2099-07-01 23:59:59 CEST\n");
    EXPECT_EQ(run("directive step dns1-3 block --at 2099-07-01").out,
              "dns1-3 will be at step block from 2099-07-01 00:00 CEST on\n");
    answer("exception-extend", {{"id", "dns1-4"}, {"stage", "granted"}, {"ends", "2099-07-01T07:00:00Z"}});
    EXPECT_EQ(run("exception extend 4 --until '2099-07-01 09:00'").out,
              "dns1-4 is in force until 2099-07-01 09:00 CEST\n");
    for (const auto& [wrong, why] : {std::pair{"2026-03-29 02:30", "there is no 2026-03-29 02:30 in Europe/Berlin"},
                                     {"2026-10-25 02:30", "occurs twice in Europe/Berlin"},
                                     {"soon", "is not a time"}}) {
        const auto refused = run(std::string("allow x.example --until '") + wrong + "'");
        EXPECT_EQ(refused.code, 2) << wrong;
        EXPECT_THAT(refused.err, HasSubstr(why));
        EXPECT_EQ(lines_of(refused.err), 1);
    }
}

TEST_F(DaemonTest, AnExtendedTimeReachesTheDaemonInUtc) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Asia/Seoul"}});
    answer("exception-extend", {{"id", "dns1-4"}, {"stage", "denied"}, {"policy_version", 3}});
    EXPECT_EQ(run("exception extend 4 --until '2099-07-01 09:00'").code, 0);
    EXPECT_EQ(last_asked().args.at("until"), "2099-07-01T00:00:00Z");
}

TEST_F(DaemonTest, OneRecordHasTheTimesOfTheSite) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Asia/Seoul"}});
    const Json row{{"id", 1},
                   {"at", "2026-11-01T00:00:00Z"},
                   {"actor", "kim"},
                   {"action", "suspend"},
                   {"object", "dns1-12"},
                   {"after", "2026-11-01T02:00:00Z"}};
    answer("audit", {{"node", "dns1"}, {"rows", Json::array({row})}, {"next", nullptr}});
    const auto ran = run("audit 1");
    EXPECT_THAT(ran.out, HasSubstr("2026-11-01 09:00 KST")) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("every step observe until 2026-11-01 11:00 KST"));
    EXPECT_THAT(ran.out, HasSubstr("after:\n2026-11-01T11:00:00+09:00"));
    EXPECT_EQ(run("audit 1 --json").json().at(0).at("at"), "2026-11-01T00:00:00Z");
    const auto typed = run("audit --directive dns1-13 --json");
    EXPECT_EQ(typed.code, 1);
    EXPECT_EQ(typed.err.find("cenote: there is no record about 'dns1-13'; did you mean 'dns1-12'?"), 0U) << typed.err;
    answer("directives", Json::array());
    EXPECT_THAT(run("directives dns1-12").err,
                HasSubstr("there is no directive 'dns1-12'; the audit trail has it: cenote audit --directive dns1-12"));
}

TEST_F(DaemonTest, ADecisionAboutAnExtensionSaysWhatHolds) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Asia/Seoul"}});
    const Json extension{{"ends", "2099-07-01T02:00:00Z"}, {"asked_by", "lee"}};
    const auto reply = [](const Json& left, const Json& decided) {
        return Json{{"id", "dns1-4"},    {"stage", "granted"}, {"ends", "2099-07-01T00:00:00Z"},
                    {"extension", left}, {"decided", decided}, {"policy_version", 3}};
    };
    answer("exception-approve", reply(nullptr, extension));
    EXPECT_EQ(run("exception approve 4").out,
              "the extension of dns1-4 is approved; dns1-4 is in force until 2099-07-01 09:00 KST\n");
    answer("exception-approve", reply(extension, extension));
    EXPECT_EQ(run("exception approve 4").out,
              "the extension of dns1-4 until 2099-07-01 11:00 KST waits for one more person; "
              "it is in force until 2099-07-01 09:00 KST\n");
    for (const bool own : {false, true}) {
        Json decided = extension;
        decided["withdrawn"] = own;
        answer("exception-deny", reply(nullptr, decided));
        EXPECT_EQ(run("exception deny 4").out, std::string("the extension of dns1-4 until 2099-07-01 11:00 KST is ") +
                                                   (own ? "withdrawn" : "denied") +
                                                   "; it stays in force until 2099-07-01 09:00 KST\n");
    }
    answer("exception-approve", reply(nullptr, nullptr));
    EXPECT_EQ(run("exception approve 4").out, "dns1-4 is in force until 2099-07-01 09:00 KST\n");
}

TEST_F(DaemonTest, ExplainNamesWhoOpenedAndHasOneUntil) {
    const Json made{{"at", "2026-11-01T00:00:00Z"}, {"by", "kim"}};
    Json shown{{"name", "a.example"},
               {"verdict", "allow"},
               {"service", "alpha"},
               {"allow", "dns1-11"},
               {"made", made},
               {"until", "2099-07-01T00:00:00Z"},
               {"changes", "2099-07-01T00:00:00Z"},
               {"next_verdict", "restrict"}};
    answer("explain", shown);
    auto ran = run("explain a.example");
    EXPECT_THAT(ran.out, HasSubstr("> open by allow dns1-11 of kim\n          until 2099-07-01 00:00 UTC (in "));
    EXPECT_EQ(lines_of(ran.out), 2) << ran.out;
    shown["verdict"] = "restrict";
    shown["allow"] = nullptr;
    shown["directive"] = "2026-014";
    shown["changes"] = "2099-06-01T00:00:00Z";
    shown["next_verdict"] = "observe";
    shown["suspension"] = {{"id", "dns1-12"}, {"made", made}};
    answer("explain", shown);
    ran = run("explain a.example");
    EXPECT_THAT(ran.out, HasSubstr("> directive 2026-014 of kim > "));
    EXPECT_THAT(ran.out, HasSubstr("), then observe; directive 2026-014 ends 2099-07-01 00:00 UTC\n"));
    EXPECT_THAT(ran.out, HasSubstr("suspended by dns1-12 of kim; 'cenote resume' ends it\n"));
    EXPECT_EQ(ran.out.find("until"), ran.out.rfind("until"));
}

TEST_F(DaemonTest, ADryRunShowsTheDocumentInTheOffsetOfTheSite) {
    answer("ping", {{"version", "0.1.0"}, {"timezone", "Asia/Seoul"}});
    answer("directive-add", {{"id", "dns1-4"}, {"text", "[[directive]]\nends = 2026-12-31T14:59:59Z\n"}});
    EXPECT_THAT(run("restrict alpha --everyone --no-end --dry-run").out,
                HasSubstr("ends = 2026-12-31T23:59:59+09:00\n"));
}

}  // namespace
}  // namespace cenote::cli
