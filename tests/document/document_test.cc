// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

#include "resolver/base/text_layout.h"
#include "tests/document/report_fixture.h"

namespace cenote::document {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto kEnglish = Language::English;
constexpr auto kKorean = Language::Korean;

std::string text_in(const Json& report, Language language) {
    auto made = text(report, language);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().text);
    return made.ok() ? *made : "";
}

std::string html_in(const Json& report, Language language) {
    auto made = html(report, language);
    EXPECT_TRUE(made.ok()) << (made.ok() ? "" : made.error().text);
    return made.ok() ? *made : "";
}

const Table& table_in(const std::vector<Table>& tables, std::string_view id) {
    for (const Table& table : tables)
        if (table.id == id) return table;
    ADD_FAILURE() << "no table " << id;
    return tables.front();
}

TEST(Document, LinesHaveEightyColumnsAtMost) {
    for (const Json& report : {plausible_report(), empty_report(), large_report(), hostile_report()}) {
        for (const Language language : {kEnglish, kKorean}) {
            const std::string all = text_in(report, language);
            std::string_view rest = all;
            while (!rest.empty()) {
                const std::string_view line = rest.substr(0, rest.find('\n'));
                const bool is_stamp = line.starts_with("cenote-report {");
                ASSERT_LE(is_stamp ? 0U : width_of(line), 80U) << line;
                rest.remove_prefix(std::min(line.size() + 1, rest.size()));
            }
        }
    }
}

TEST(Document, HasThirteenPartsInOrder) {
    for (const Language language : {kEnglish, kKorean}) {
        const auto all = sections(plausible_report(), language);
        ASSERT_TRUE(all.ok());
        ASSERT_EQ(all->size(), kPartCount);
        for (std::size_t i = 0; i < kPartCount; ++i) {
            EXPECT_EQ((*all)[i].id, "part-" + std::to_string(i + 1));
            EXPECT_TRUE((*all)[i].title.starts_with(std::to_string(i + 1) + ". "));
            EXPECT_FALSE((*all)[i].blocks.empty());
            const auto one = section(plausible_report(), language, static_cast<Part>(i));
            ASSERT_TRUE(one.ok());
            EXPECT_EQ(html_of(*one, language), html_of((*all)[i], language)) << "a part alone is the same part";
            EXPECT_EQ(text_of(*one), text_of((*all)[i]));
        }
    }
}

TEST(Document, EqualReportsGiveEqualBytes) {
    for (const Language language : {kEnglish, kKorean}) {
        EXPECT_EQ(text_in(plausible_report(), language), text_in(plausible_report(), language));
        EXPECT_EQ(html_in(plausible_report(), language), html_in(plausible_report(), language));
    }
}

TEST(Document, EveryFormatHasTheDigestAndTheStamp) {
    const Json report = plausible_report();
    const std::string digest = report["data_digest"];
    const auto stamped = stamp(report, kKorean);
    ASSERT_TRUE(stamped.ok());
    EXPECT_EQ(*stamped, R"({"cenote_report":1,"data_digest":")" + digest +
                            R"(","directive":null,"from":"2026-01-19T15:00:00Z","group":null,"lang":"ko",)"
                            R"("to":"2026-02-16T15:00:00Z","zone":"Asia/Seoul"})");
    EXPECT_TRUE(text_in(report, kKorean).ends_with("\ncenote-report " + *stamped + "\n"));
    EXPECT_THAT(
        html_in(report, kKorean),
        AllOf(HasSubstr(digest), HasSubstr("<meta name=\"cenote-report\" content=\"{&quot;cenote_report&quot;:1,"
                                           "&quot;data_digest&quot;:&quot;" +
                                           digest)));
    const auto index = csv_index(report, kKorean);
    ASSERT_TRUE(index.ok());
    EXPECT_THAT(*index, HasSubstr("fact,data_digest," + digest + "\r\n"));
}

TEST(Document, WhatIsNotKnownIsNeverZero) {
    const std::string english = text_in(plausible_report(), kEnglish);
    EXPECT_THAT(english, AllOf(HasSubstr("not counted"), HasSubstr("<5"), HasSubstr("hidden")));
    const std::string korean = text_in(plausible_report(), kKorean);
    EXPECT_THAT(korean, AllOf(HasSubstr("집계 없음"), HasSubstr("<5"), HasSubstr("숨김")));
    const auto all = tables(plausible_report(), kEnglish);
    ASSERT_TRUE(all.ok());
    const auto& gone = table_in(*all, "days").rows.at(13);
    EXPECT_EQ(gone[1].text, "not counted");
    EXPECT_EQ(gone[1].plain, "");
    const auto& small = table_in(*all, "directives").rows.at(1);
    for (std::size_t i = 0; i < small.size(); ++i) {
        if (table_in(*all, "directives").columns[i].id == "median_before") {
            EXPECT_EQ(small[i].text, "<5");
        }
    }
}

TEST(Document, AVerdictThatIsNotInAMapOfCountsIsZero) {
    Json report = plausible_report();
    report["use"]["days"][0]["queries"] = {{"block", 7}};
    const auto all = tables(report, kEnglish);
    ASSERT_TRUE(all.ok());
    EXPECT_EQ(table_in(*all, "days").rows[0][1].plain, "7");
    EXPECT_EQ(table_in(*all, "days").rows[0][2].plain, "0");
}

TEST(Document, SentencesAreMadeFromNumbers) {
    EXPECT_THAT(text_in(plausible_report(), kEnglish),
                HasSubstr("Use of DeepSeek fell from 411.5 to 3.0 episodes a day after 2026-02-06 00:00\n  KST"));
    EXPECT_THAT(html_in(plausible_report(), kKorean),
                HasSubstr("2026-02-06 00:00 KST 이후 DeepSeek 이용이 하루 에피소드 411.5건에서 3.0건으로 "
                          "줄었습니다(지시 dpl-2026-01, −99.3%)."));
    EXPECT_THAT(html_in(plausible_report(), kEnglish), HasSubstr("Use fell by 99.3% (98.5% to 99.6%)"));
}

TEST(Document, TextsOfPeopleAreInTheReadersLanguage) {
    EXPECT_THAT(html_in(plausible_report(), kEnglish), HasSubstr("<h3>dpl-2026-01: DeepSeek restricted</h3>"));
    EXPECT_THAT(html_in(plausible_report(), kKorean), HasSubstr("<h3>dpl-2026-01: 딥시크 이용 제한</h3>"));
    EXPECT_THAT(html_in(plausible_report(), kEnglish), HasSubstr("에이전트 서비스 차단"))
        << "the only one that there is";
}

TEST(Document, TextsFromOutsideAreEscapedInAPage) {
    const std::string page = html_in(hostile_report(), kEnglish);
    EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e")),
                            Not(HasSubstr("#<b>"))));
    EXPECT_THAT(page, AllOf(HasSubstr("&lt;script&gt;alert(&quot;1&quot;)"),
                            HasSubstr("reason = &quot;&lt;/code&gt;&lt;/pre&gt;")));
}

TEST(Document, TextsFromOutsideDoNotControlATerminal) {
    const std::string all = text_in(hostile_report(), kEnglish);
    EXPECT_THAT(all, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\u202e"))));
    EXPECT_THAT(all, HasSubstr("\\u{1b}[31m"));
}

TEST(Document, AReportWithoutDataSaysSo) {
    const std::string english = text_in(empty_report(), kEnglish);
    EXPECT_THAT(english, AllOf(HasSubstr("the history has no counts for this period"),
                               HasSubstr("No AI service was counted in the period."),
                               HasSubstr("No directive applied in the period")));
}

TEST(Document, AMemberThatIsMissingIsNamed) {
    const auto error_without = [](const std::string& pointer) {
        Json report = plausible_report();
        const Json::json_pointer place(pointer);
        report.at(place.parent_pointer()).erase(place.back());
        const auto made = text(report, kEnglish);
        return made.ok() ? "none" : made.error().text;
    };
    EXPECT_EQ(error_without("/use"), "the report has no 'use'");
    EXPECT_EQ(error_without("/bypass"), "the report has no 'bypass'");
    EXPECT_EQ(error_without("/data_digest"), "the report has no 'data_digest'");
    EXPECT_EQ(error_without("/period/zone"), "the report has no 'period.zone'");
    EXPECT_EQ(error_without("/trail"), "the report has no 'trail'");
    EXPECT_EQ(error_without("/use/services/3/vendor"), "the report has no 'vendor' in row 4 of 'use.services[]'");
    EXPECT_EQ(error_without("/directives/0/series/2/queries"),
              "the report has no 'queries' in row 3 of 'directives[].series[]'");
}

TEST(Document, AMemberOfAnotherKindIsNamed) {
    Json report = plausible_report();
    report["use"]["services"][0]["total"] = "many";
    EXPECT_EQ(text(report, kEnglish).error().text,
              "'total' in row 1 of 'use.services[]' of the report must be an integer");
    report = plausible_report();
    report["who"] = 7;
    EXPECT_EQ(html(report, kEnglish).error().text, "'who' of the report must be an object");
    report = plausible_report();
    report["report"] = 2;
    EXPECT_THAT(tables(report, kEnglish).error().text, HasSubstr("of another version"));
    EXPECT_THAT(text(Json::array(), kEnglish).error().text, HasSubstr("no JSON object"));
    report = plausible_report();
    report["period"]["zone"] = "Mars/Base";
    EXPECT_THAT(text(report, kEnglish).error().text, HasSubstr("Mars/Base"));
}

TEST(Document, EveryMemberMayBeMissingWithoutACrash) {
    static const std::regex kLater("/([2-9]|[1-9][0-9]+)(/|$)");  // rows that are like those before them
    const Json whole = plausible_report().flatten();
    for (const auto& [pointer, value] : whole.items()) {
        if (std::regex_search(pointer, kLater)) continue;
        Json report = plausible_report();
        report.at(Json::json_pointer(pointer)) = nullptr;
        (void)text(report, kEnglish);
        report.at(Json::json_pointer(pointer)) = Json::object();
        (void)html(report, kKorean);
    }
}

TEST(Document, AFigureLinksToItsTable) {
    const std::string page = html_in(plausible_report(), kEnglish);
    std::size_t figures = 0;
    for (auto at = page.find("<figcaption>"); at != std::string::npos; at = page.find("<figcaption>", at + 1)) {
        ++figures;
        const auto link = page.find("<a href=\"#", at) + 10;
        const std::string anchor = page.substr(link, page.find('"', link) - link);
        EXPECT_LT(link, page.find("</figcaption>", at)) << "every chart has a table";
        EXPECT_THAT(page, HasSubstr("id=\"" + anchor + "\"")) << anchor;
    }
    EXPECT_GE(figures, 6U);
}

TEST(Csv, QuotesAndGuardsAgainstFormulas) {
    const auto all = tables(hostile_report(), kEnglish);
    ASSERT_TRUE(all.ok());
    const std::string exceptions = csv(table_in(*all, "exceptions"), "d1");
    EXPECT_THAT(exceptions, HasSubstr(",'@SUM(1+1)*cmd|' /C calc'!A0,"));
    EXPECT_THAT(exceptions, HasSubstr(",'-2+3,"));
    EXPECT_THAT(exceptions, HasSubstr(",\"'+1,\"\"quoted\"\"\\u{0d}\\u{0a}second line\","));
    EXPECT_THAT(csv(table_in(*all, "services"), "d1"), HasSubstr(",\"'=HYPERLINK(\"\"http://x\"\")\","));
}

TEST(Csv, NumbersArePlainAndNegativeOnesStayNumbers) {
    const auto all = tables(plausible_report(), kKorean);
    ASSERT_TRUE(all.ok());
    const std::string services = csv(table_in(*all, "services"), "d1");
    EXPECT_TRUE(
        services.starts_with("service,name,vendor,jurisdiction,category,status,queries,episodes,episodes_low,"
                             "episodes_high,groups,change,"))
        << services.substr(0, 200);
    EXPECT_THAT(services, HasSubstr("\r\nchatgpt,ChatGPT,OpenAI,US,chat api,observed,54761,4978,4813,5143,3,-167,"));
    EXPECT_THAT(services, HasSubstr(",<5,,,3,-167,")) << "hidden, without bounds";
    EXPECT_TRUE(services.ends_with(",d1\r\n"));
}

TEST(Languages, AreReadByTheirTag) {
    EXPECT_EQ(parse_language("en"), kEnglish);
    EXPECT_EQ(parse_language("ko"), kKorean);
    EXPECT_EQ(parse_language("kr"), std::nullopt);
    EXPECT_EQ(language_tag(kKorean), "ko");
}

}  // namespace
}  // namespace cenote::document
