// SPDX-License-Identifier: Apache-2.0
//
// `cenote bypass` against a stand-in for the daemon.
#include "tests/cenote/daemon.h"

namespace cenote::cli {
namespace {

using testing::AllOf;
using testing::Not;

Json row(Json day, const char* group, const char* signal, int queries, Json usual = nullptr) {
    return {{"day", std::move(day)}, {"group", group}, {"signal", signal}, {"queries", queries}, {"usual", usual}};
}

Json answer_of(const char* source, Json rows) {
    const Json turning{{"signal", "turning"}, {"may_mean", "one thing"}, {"or_else", "another"}};
    const Json vpn{{"signal", "vpn"}, {"may_mean", "a third"}, {"or_else", "a fourth"}};
    return {{"source", source},
            {"since", "2026-11-17T00:00:00Z"},
            {"until", "2026-11-30T09:01:00Z"},
            {"rows", std::move(rows)},
            {"gaps",
             {{{"node", "dns1"}, {"from", "2026-11-29T00:00:00Z"}, {"to", "2026-11-29T01:00:00Z"}, {"why", "killed"}}}},
            {"signals", {turning, vpn}}};
}

TEST_F(DaemonTest, BypassIsATableByDayAndGroupWithTexts) {
    const Json answered =
        answer_of("history", {row("2026-11-29", "lab", "canary", 2), row("2026-11-29", "lab", "turning", 1),
                              row("2026-11-30", "", "canary", 9), row("2026-11-30", "lab", "silence", 3, 400)});
    answer("bypass", answered);
    EXPECT_EQ(run("bypass --json").json(), answered);
    const auto shown = run("bypass --header");
    EXPECT_EQ(shown.code, 0);
    EXPECT_THAT(shown.out,
                AllOf(HasSubstr("DAY         GROUP  CANARY  DESIGNATED  RESOLVER  VPN  TURNING  SILENCE\n"),
                      HasSubstr("2026-11-29  lab    2       -           -         -    1        -\n"),
                      HasSubstr("2026-11-30  -      9       -           -         -    -        -\n"),
                      HasSubstr("2026-11-30  lab    -       -           -         -    -        3 of 400\n")));
    EXPECT_THAT(shown.out,
                AllOf(HasSubstr("counted until 2026-11-30 "), HasSubstr("dns1 did not count from 2026-11-29 "),
                      HasSubstr("(killed)\n"), HasSubstr("turning: one thing.\n"), HasSubstr("Or else: another.\n"),
                      Not(HasSubstr("a third"))));
}

TEST_F(DaemonTest, BypassWithoutAHistorySaysSo) {
    answer("bypass", answer_of("process", Json::array({row(nullptr, "lab", "canary", 2)})));
    EXPECT_THAT(run("bypass").out, AllOf(HasSubstr("-  lab  2"), HasSubstr("since the start of cenoted, 2026-11-17 "),
                                         HasSubstr("no history")));
    answer("bypass", answer_of("history", Json::array()));
    EXPECT_THAT(run("bypass").out, HasSubstr("no signal was counted\n"));
    EXPECT_EQ(run("bypass --since yesterday").code, 2);
}

}  // namespace
}  // namespace cenote::cli
