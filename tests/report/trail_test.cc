// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/trail.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "tests/support/places.h"

namespace cenote::report {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const WallTime kNoon = parse_time("2026-03-02T12:00:00Z").value();

state::Record record(std::string action, std::string object, std::string before = {}, std::string after = {}) {
    state::Record made;
    made.at = kNoon;
    made.actor = "kim";
    made.action = std::move(action);
    made.object = std::move(object);
    made.before = std::move(before);
    made.after = std::move(after);
    return made;
}

const std::string kDirective =
    "[[directive]]\nid = \"d1\"\ntargets = [\"service:alpha\"]\ngroups = [\"moti\"]\nstep = \"restrict\"\n"
    "ends = 2026-12-31T00:00:00Z\ntimezone = \"UTC\"\n";
std::string with(std::string text, const std::string& old, const std::string& by) {
    return text.replace(text.find(old), old.size(), by);
}

TEST(Sentence, SaysWhatADirectiveIsAndWhatChanged) {
    EXPECT_EQ(sentence_of(record("directive add", "d1", "", kDirective)),
              "directive add d1: restrict service:alpha for moti until 2026-12-31T00:00:00Z");
    EXPECT_EQ(sentence_of(record("directive step", "d1", kDirective, with(kDirective, "restrict", "observe"))),
              "directive step d1: restrict → observe");
    EXPECT_EQ(sentence_of(record("directive change", "d1", kDirective, with(kDirective, "2026-12-31", "2027-12-31"))),
              "directive change d1: ends 2026-12-31T00:00:00Z → 2027-12-31T00:00:00Z");
    EXPECT_EQ(sentence_of(record("directive lift", "d1", kDirective)),
              "directive lift d1: was restrict service:alpha for moti until 2026-12-31T00:00:00Z");
    const std::string added = kDirective + "reason = { \"ko\" = \"" + std::string(100, 'x') + "\" }\n";
    EXPECT_EQ(sentence_of(record("directive change", "d1", kDirective, added)), "directive change d1: reason changed");
}

TEST(Sentence, SaysWhatTheCalendarDid) {
    EXPECT_EQ(sentence_of(record("directive begin", "2026-014", "observe", "restrict")),
              "directive 2026-014 in force: restrict");
    EXPECT_EQ(sentence_of(record("directive end", "2026-014", "restrict", "nothing")),
              "directive 2026-014 lapsed: restrict → nothing");
    EXPECT_EQ(sentence_of(record("directive hours end", "2026-014", "restrict", "nothing")),
              "directive 2026-014 outside its hours: restrict → nothing");
    EXPECT_EQ(sentence_of(record("directive suspended", "2026-014", "restrict", "observe")),
              "directive 2026-014 suspended: restrict → observe");
    EXPECT_EQ(sentence_of(record("gap", "", "2026-03-02T10:00:00Z", "2026-03-02T11:00:00Z")),
              "gap: cenoted was not there from 2026-03-02T10:00:00Z to 2026-03-02T11:00:00Z");
}

TEST(Edge, ChangesNoRule) {
    for (const char* action : {"directive begin", "directive end", "directive planned step", "directive hours begin",
                               "directive hours end", "directive suspended", "directive resumed"})
        EXPECT_TRUE(is_edge(record(action, "d1"))) << action;
    for (const char* action :
         {"directive add", "directive step", "directive lift", "allow end", "exception end", "start"})
        EXPECT_FALSE(is_edge(record(action, "d1"))) << action;
}

TEST(Sentence, SaysWhatIsOpenAndForHowLong) {
    const std::string allow = "[[allow]]\ndomains = [\"chat.deepseek.com\"]\nends = 2026-03-02T13:00:00Z\n";
    EXPECT_EQ(sentence_of(record("allow", "dns1-11", "", allow)),
              "allow dns1-11: chat.deepseek.com for everyone until 2026-03-02T13:00:00Z (1h)");
    EXPECT_EQ(sentence_of(record("suspend", "dns1-12", "", "2026-03-02T13:00:00Z")),
              "suspend dns1-12: every step observe until 2026-03-02T13:00:00Z");
    const std::string exception =
        "[[exception]]\nid = \"dns1-1\"\ndirective = \"d1\"\nclient = \"10.0.0.1/32\"\npurpose = \"a test\"\n"
        "stage = \"granted\"\nends = 2026-03-02T14:00:00Z\n";
    EXPECT_EQ(sentence_of(record("exception request", "dns1-1", "", exception)),
              "exception request dns1-1: 10.0.0.1/32 from d1 until 2026-03-02T14:00:00Z, a test");
    EXPECT_EQ(sentence_of(record("exception extend", "dns1-1", exception, with(exception, "T14:00", "T15:30"))),
              "exception extend dns1-1: until 2026-03-02T14:00:00Z → 2026-03-02T15:30:00Z (90m more)");
    EXPECT_EQ(sentence_of(record("exception end", "dns1-1", exception, exception)),
              "exception end dns1-1: 10.0.0.1/32 from d1 until 2026-03-02T14:00:00Z");
}

TEST(Sentence, SaysWhatBecameOfAnExtensionAndWhatHolds) {
    const std::string granted =
        "[[exception]]\nid = \"dns1-1\"\ndirective = \"d1\"\nclient = \"10.0.0.1/32\"\npurpose = \"a test\"\n"
        "stage = \"granted\"\nends = 2026-03-02T14:00:00Z\n";
    const std::string waiting = granted + "extend_to = 2026-03-02T15:30:00Z\nextend_asked_by = \"lee\"\n";
    const std::string further = waiting + "extend_agreed_by = [\"kim\"]\n";
    const std::string longer = with(granted, "T14:00", "T15:30");
    const std::string own = with(waiting, "\"lee\"", "\"kim\"");  // kim is the actor of record()
    EXPECT_EQ(sentence_of(record("exception extend", "dns1-1", granted, waiting)),
              "exception extend dns1-1: asks for until 2026-03-02T15:30:00Z, 90m more; "
              "in force until 2026-03-02T14:00:00Z");
    EXPECT_EQ(sentence_of(record("exception approve", "dns1-1", waiting, further)),
              "exception approve dns1-1: the extension until 2026-03-02T15:30:00Z, one more person is needed; "
              "in force until 2026-03-02T14:00:00Z");
    EXPECT_EQ(sentence_of(record("exception approve", "dns1-1", further, longer)),
              "exception approve dns1-1: the extension is approved: "
              "until 2026-03-02T14:00:00Z → 2026-03-02T15:30:00Z (90m more)");
    EXPECT_EQ(sentence_of(record("exception deny", "dns1-1", waiting, granted)),
              "exception deny dns1-1: the extension until 2026-03-02T15:30:00Z is denied; "
              "in force until 2026-03-02T14:00:00Z");
    EXPECT_EQ(sentence_of(record("exception deny", "dns1-1", own, granted)),
              "exception deny dns1-1: the extension until 2026-03-02T15:30:00Z is withdrawn; "
              "in force until 2026-03-02T14:00:00Z");
    EXPECT_EQ(sentence_of(record("exception revoke", "dns1-1", waiting, with(granted, "granted", "revoked"))),
              "exception revoke dns1-1: 10.0.0.1/32 from d1 until 2026-03-02T14:00:00Z");
}

TEST(Sentence, SaysWhatTheDaemonDid) {
    EXPECT_EQ(sentence_of(record("reload", "/c", "set aa catalogue cc", "set bb catalogue cc")),
              "reload /c: set aa → bb");
    EXPECT_EQ(sentence_of(record("reload", "/c", "set aa catalogue cc", "set aa catalogue cc")), "reload /c");
    EXPECT_EQ(sentence_of(record("reload refused", "/c", "", "/c:3:1: wrong\n/c:4:1: too")),
              "reload refused /c: /c:3:1: wrong");
    EXPECT_EQ(sentence_of(record("start", "/c", "", "set aa catalogue cc")), "start /c");
}

TEST(Sentence, ShowsTimesAsTheCallerDoes) {
    TrailWords plain;
    plain.time = [](WallTime) { return std::string("then"); };
    EXPECT_EQ(sentence_of(record("suspend", "dns1-12", "", "2026-03-02T13:00:00Z"), plain),
              "suspend dns1-12: every step observe until then");
    EXPECT_EQ(sentence_of(record("directive add", "d1", "", kDirective), plain),
              "directive add d1: restrict service:alpha for moti until then");
}

TEST(Sentence, IsWrittenInKoreanToo) {
    TrailWords korean;
    korean.language = Language::Korean;
    korean.word = [](std::string_view field, const std::string& value) { return fmt::format("<{} {}>", field, value); };
    EXPECT_EQ(sentence_of(record("directive add", "d1", "", kDirective), korean),
              "<audit_action directive add> d1: <step restrict>, service:alpha, 대상 moti, 2026-12-31T00:00:00Z까지");
    EXPECT_EQ(sentence_of(record("directive begin", "d1", "none", "restrict"), korean),
              "지시 d1 시행: <step restrict>");
    EXPECT_EQ(sentence_of(record("suspend", "dns1-12", "", "2026-03-02T13:00:00Z"), korean),
              "<audit_action suspend> dns1-12: 2026-03-02T13:00:00Z까지 모든 단계를 관찰로 낮춤");
}

TEST(Sentence, HasAPhraseForEachKeyInTheSource) {
    std::ifstream in(testing_support::source_folder() / "resolver/report/trail.cc");
    const std::string source((std::istreambuf_iterator<char>(in)), {});
    static const std::regex kKey("\"(trail\\.[a-z_]+)\"");
    std::size_t seen = 0;
    for (std::sregex_iterator at(source.begin(), source.end(), kKey), end; at != end; ++at, ++seen)
        EXPECT_NE(phrase_in(trail_phrases(), (*at)[1].str()), nullptr) << (*at)[1];
    EXPECT_GT(seen, 15U);
}

TEST(RecordJson, ReadsAsTheSameRecord) {
    state::Record made = record("directive add", "d1", "before", "after");
    made.number = 7;
    made.requester = "the minister";
    made.chain = "abc";
    const Json row = numbered_json(made, "dns1");
    EXPECT_EQ(row["id"], 7);
    EXPECT_EQ(row["node"], "dns1");
    const auto read = record_of(row);
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(numbered_json(*read, "dns1"), row);
    EXPECT_FALSE(record_of(Json::object()).ok());
}

std::vector<std::string> actions_about(const History& all, const std::string& id) {
    std::vector<std::string> actions;
    for (const auto& [node, each] : records_about(all, id)) actions.push_back(each.action);
    return actions;
}

TEST(RecordsAbout, HaveTheGapsOfADirective) {
    const std::string exception = "[[exception]]\nid = \"dns1-1\"\ndirective = \"d1\"\n";
    const History all{{"", record("start", "/c")},
                      {"", record("directive add", "d1")},
                      {"", record("group add", "d1")},
                      {"", record("directive begin", "d1")},
                      {"", record("directive begin", "d2")},
                      {"", record("exception request", "dns1-1", "", exception)},
                      {"", record("stop", "/c")},
                      {"", record("start", "/c")},
                      {"", record("directive remove", "d1")},
                      {"", record("stop", "/c")},
                      {"dns2", record("directive add", "d3")}};
    EXPECT_THAT(actions_about(all, "d1"), ElementsAre("directive add", "directive begin", "exception request", "stop",
                                                      "start", "directive remove"));
    EXPECT_THAT(actions_about(all, "dns1-1"), ElementsAre("exception request")) << "only of a directive";
    EXPECT_THAT(actions_about(all, "d3"), ElementsAre("directive add")) << "of another node";
    EXPECT_THAT(actions_about(all, "d9"), IsEmpty());
    EXPECT_THAT(rule_ids(all), ElementsAre("d1", "d1", "d2", "dns1-1", "d1", "d3")) << "neither files nor groups";
}

TEST(Verification, CountsAndNamesBreaks) {
    state::Record first = record("start", "/c");
    first.number = 1;
    first.chain = state::chain_of(first, state::kNoHead);
    History all{{"", first}};
    EXPECT_EQ(verification_json(all, "")["breaks"], Json::array());
    EXPECT_EQ(verification_json(all, "")["records"], 1);
    EXPECT_EQ(verification_json(all, "")["head"], first.chain);
    EXPECT_EQ(verification_json(all, "abc")["breaks"].size(), 1U);
    all[0].second.actor = "lee";
    EXPECT_EQ(verification_json(all, "")["breaks"].size(), 1U);
}

}  // namespace
}  // namespace cenote::report
