// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/texts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/policy/fixture.h"

namespace cenote::policy {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Directive demo() {
    Directive made = testing::directive("demo-1", Step::Restrict, {"service:deepseek"});
    made.contact = {"tel:+82-44-203-0000", "mailto:dns@agency.example?subject=dns"};
    made.issuer = "Ministry of \"X\"";
    return made;
}

/// Lives as long as the test.
const Until& until_day(const std::string& day) {
    static std::deque<Until> all;
    return all.emplace_back(Until{.day = day, .time = "24:00", .stamp = day, .today = false});
}

Notice notice_of(const Directive& directive, const Until& until, std::string_view language) {
    static const std::vector<Phrases> none;
    return {.subject = "DeepSeek",
            .directive = &directive,
            .step = directive.step,
            .until = &until,
            .language = language,
            .phrases = &phrases_for(none, language)};
}

Notice notice_of(const Directive& directive, const std::string& until_end_of, std::string_view language) {
    return notice_of(directive, until_day(until_end_of), language);
}

TEST(Texts, OneSentenceForAPerson) {
    Directive directive = demo();
    EXPECT_EQ(sentence(notice_of(directive, "2026-12-31", "en")),
              "DeepSeek is restricted by directive demo-1 until 2026-12-31; ask dns@agency.example");
    directive.step = Step::Block;
    directive.contact = {"tel:+82-44-203-0000"};
    EXPECT_EQ(sentence(notice_of(directive, "", "en")), "DeepSeek is blocked by directive demo-1; ask +82-44-203-0000");
    directive.contact.clear();
    EXPECT_EQ(sentence(notice_of(directive, "", "en")), "DeepSeek is blocked by directive demo-1");
}

TEST(Texts, TheReasonInTheGroupsLanguage) {
    Directive directive = demo();
    directive.reason = {{"en", "Under security assessment"}, {"ko", "보안 점검 중"}};
    EXPECT_EQ(sentence(notice_of(directive, "2026-12-31", "en")),
              "DeepSeek is restricted by directive demo-1 until 2026-12-31: Under security assessment; ask "
              "dns@agency.example");
    EXPECT_EQ(sentence(notice_of(directive, "", "ko-KR")),
              "DeepSeek 이용이 지시 demo-1에 따라 제한됩니다: 보안 점검 중; 문의 dns@agency.example");
    EXPECT_EQ(reason_in(directive, "fr")->first, "en");
    EXPECT_EQ(reason_in(directive, "")->first, "en");
    directive.reason = {{"ko", "보안 점검 중"}};
    EXPECT_EQ(reason_in(directive, "fr")->first, "ko");
    EXPECT_EQ(reason_in(demo(), "fr"), nullptr);
}

TEST(Texts, TheFrameIsInTheGroupsLanguage) {
    Directive directive = demo();
    const Until at_seven{.day = "2026-03-02", .time = "19:00", .stamp = "", .today = true};
    EXPECT_EQ(sentence(notice_of(directive, at_seven, "en")),
              "DeepSeek is restricted by directive demo-1 until 19:00 today; ask dns@agency.example");
    EXPECT_EQ(sentence(notice_of(directive, at_seven, "ko")),
              "DeepSeek 이용이 지시 demo-1에 따라 오늘 19:00까지 제한됩니다; 문의 dns@agency.example");
    const Until on_monday{.day = "2026-03-09", .time = "08:00", .stamp = "", .today = false};
    directive.step = Step::Block;
    EXPECT_EQ(sentence(notice_of(directive, on_monday, "ko")),
              "DeepSeek 이용이 지시 demo-1에 따라 2026-03-09 08:00까지 차단됩니다; 문의 dns@agency.example");
    EXPECT_EQ(sentence(notice_of(directive, on_monday, "fr")),
              "DeepSeek is blocked by directive demo-1 until 2026-03-09 08:00; ask dns@agency.example");
}

TEST(Texts, WhatMattersStaysInASentenceThatIsTooLong) {
    Directive directive = demo();
    directive.id = std::string(64, 'i');
    directive.contact = {"mailto:" + std::string(60, 'c') + "@agency.example"};
    directive.reason = {{"en", "a reason that has no room at all"}};
    Notice notice = notice_of(directive, "2026-12-31", "ko");
    const std::string name(120, 's');
    notice.subject = name;
    const std::string text = sentence(notice);
    EXPECT_LE(text.size(), kTextMax);
    EXPECT_THAT(text, HasSubstr(directive.id));
    EXPECT_TRUE(text.ends_with("; 문의 " + directive.contact[0].substr(7))) << text;
    directive.contact.clear();
    EXPECT_THAT(sentence(notice), AllOf(HasSubstr("2026-12-31까지"), HasSubstr("sss…"), HasSubstr(directive.id)));
}

TEST(Texts, HowMuchOfAReasonIsShown) {
    Directive directive = demo();
    EXPECT_EQ(reason_bytes_shown(notice_of(directive, "", "en")), 0U);
    directive.reason = {{"en", "short"}};
    EXPECT_EQ(reason_bytes_shown(notice_of(directive, "", "en")), 5U);
    directive.reason = {{"en", std::string(300, 'x')}};
    const std::size_t shown = reason_bytes_shown(notice_of(directive, "", "en"));
    EXPECT_THAT(sentence(notice_of(directive, "", "en")), HasSubstr(": " + std::string(shown, 'x') + "…; ask "));
}

TEST(Texts, LongReasonsAreCutBetweenCharactersAndTheContactStays) {
    Directive directive = demo();
    std::string reason;
    for (int i = 0; i < 100; ++i) reason += "보";
    directive.reason = {{"ko", reason}};
    for (std::size_t extra = 0; extra < 8; ++extra) {
        directive.id = std::string(10 + extra, 'x');
        const std::string text = sentence(notice_of(directive, "", "ko"));
        EXPECT_LE(text.size(), kTextMax);
        EXPECT_GT(text.size(), kTextMax - 4);
        EXPECT_TRUE(text.ends_with("보…; 문의 dns@agency.example")) << text;
    }
    directive.id = std::string(190, 'x');
    EXPECT_EQ(sentence(notice_of(directive, "", "ko")).size(), kTextMax);
}

TEST(Texts, CutsBetweenCharacters) {
    EXPECT_EQ(cut_utf8("보안", 6), "보안");
    EXPECT_EQ(cut_utf8("보안", 5), "보");
    EXPECT_EQ(cut_utf8("보안", 3), "보");
    EXPECT_EQ(cut_utf8("보안", 2), "");
    EXPECT_EQ(cut_utf8("abc", 2), "ab");
}

TEST(Texts, StructuredErrorForAnAgency) {
    const Directive directive = demo();
    EXPECT_EQ(
        structured_error(notice_of(directive, "2026-12-31", "en"), wire::EdeCode::Blocked, Detail::Full),
        R"({"c":["tel:+82-44-203-0000","mailto:dns@agency.example?subject=dns"],)"
        R"("j":"DeepSeek is restricted by directive demo-1 until 2026-12-31","s":5,"o":"Ministry of \"X\"","l":"en"})");
    EXPECT_EQ(structured_error(notice_of(directive, "2026-12-31", "en"), wire::EdeCode::Blocked, Detail::Short),
              R"({"c":["tel:+82-44-203-0000","mailto:dns@agency.example?subject=dns"],"s":5})");
}

TEST(Texts, StructuredErrorForAnOrderOfAnotherHasNoSubError) {
    Directive directive = demo();
    directive.contact.clear();
    directive.issuer.clear();
    directive.reason = {{"ko", "보안\n\"점검\""}};
    EXPECT_EQ(structured_error(notice_of(directive, "", "ko"), wire::EdeCode::Censored, Detail::Full),
              "{\"j\":\"DeepSeek 이용이 지시 demo-1에 따라 제한됩니다: 보안\\u000a\\\"점검\\\"\",\"l\":\"ko\"}");
    directive.reason = {{"fr", "essai"}};
    EXPECT_THAT(structured_error(notice_of(directive, "", "fr"), wire::EdeCode::Censored, Detail::Full),
                HasSubstr("\"l\":\"fr\""))
        << "the reason is what there is in French";
    EXPECT_THAT(structured_error(notice_of(directive, "", "ko"), wire::EdeCode::Censored, Detail::Full),
                HasSubstr("\"l\":\"ko\""))
        << "the frame is Korean";
    directive.reason = {{"ko", "보안"}};
    EXPECT_EQ(structured_error(notice_of(directive, "", "ko"), wire::EdeCode::Censored, Detail::Short), "");
}

TEST(Texts, OnlyMailAndTelephoneAreContacts) {
    Directive directive = demo();
    directive.contact = {"https://agency.example", "mailto:a@b.example", "tel:1", "tel:2", "tel:3"};
    EXPECT_EQ(structured_error(notice_of(directive, "", ""), wire::EdeCode::Censored, Detail::Short),
              R"({"c":["mailto:a@b.example","tel:1","tel:2"]})");
}

std::string text_of(const std::vector<std::uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

TEST(Texts, SoaOfTheNodeAndTheContact) {
    using namespace std::string_literals;
    const std::string numbers = "\0\0\0\x11\0\0\x0e\x10\0\0\x02\x58\0\x01\x51\x80\0\0\0\x1e"s;
    EXPECT_EQ(text_of(soa_rdata("dns1.agency.example", {"tel:1", "mailto:dns.team@agency.example"}, 17, 30)),
              "\4dns1\6agency\7example\0\10dns.team\6agency\7example\0"s + numbers);
    EXPECT_EQ(text_of(soa_rdata("dns1", {}, 17, 30)), "\4dns1\0\12hostmaster\4dns1\0"s + numbers);
    EXPECT_EQ(text_of(soa_rdata("", {"mailto:broken"}, 17, 30)),
              "\6cenote\7invalid\0\12hostmaster\6cenote\7invalid\0"s + numbers);
    EXPECT_EQ(text_of(soa_rdata("not a name", {"mailto:보@b.example"}, 17, 30)), text_of(soa_rdata("", {}, 17, 30)));
}

TEST(Texts, TxtInStringsOfAtMost255Bytes) {
    EXPECT_EQ(text_of(txt_rdata("cenote directive=d")), "\22cenote directive=d");
    EXPECT_EQ(txt_rdata(""), std::vector<std::uint8_t>{0});
    const auto two = txt_rdata(std::string(300, 'x'));
    ASSERT_EQ(two.size(), 302U);
    EXPECT_EQ(two[0], 255);
    EXPECT_EQ(two[256], 45);
    EXPECT_EQ(txt_rdata(std::string(5000, 'x')).size(), 512U);
}

}  // namespace
}  // namespace cenote::policy
