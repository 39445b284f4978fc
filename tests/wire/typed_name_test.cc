// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/typed_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/wire/international.h"

namespace cenote::wire {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr auto kUses = {NameUse::Question, NameUse::Subtree, NameUse::Single, NameUse::Owner};
constexpr const char* kKorean = "한글도메인.kr";
constexpr const char* kKoreanAscii = "xn--bj0bj3i97fq8o5lq.kr";

TEST(TypedName, PlainNamesHaveNoNote) {
    for (const char* text :
         {"chat.deepseek.com", "localhost", "_dmarc.Example.COM", "a--b.example", "1.2.0.192.in-addr.arpa",
          "xn--bj0bj3i97fq8o5lq.kr", "a\\.b.example", "\\*.example", "a\\064b.example"})
        for (const NameUse use : kUses) {
            const auto typed = parse_typed_name(text, use);
            ASSERT_TRUE(typed.ok()) << text << ": " << typed.error().text;
            EXPECT_EQ(typed->name, Name::parse(text)) << text;
            EXPECT_EQ(typed->note, "") << text;
        }
}

TEST(TypedName, TakesOffWhatIsNoPartOfTheName) {
    struct Case {
        const char* text;
        const char* parts;
    };
    for (const Case& one : {
             Case{"https://chat.deepseek.com/login", "scheme and path are taken off"},
             Case{"https://chat.deepseek.com/", "scheme and path are taken off"},
             Case{"https://chat.deepseek.com", "scheme is taken off"},
             Case{"HTTPS://Chat.DeepSeek.com:8443/a/b?c=d@e#f", "scheme, path and port are taken off"},
             Case{"wss://chat.deepseek.com?token=1", "scheme and query are taken off"},
             Case{"https://chat.deepseek.com#top", "scheme and fragment are taken off"},
             Case{"chat.deepseek.com/login", "path is taken off"},
             Case{"chat.deepseek.com:443", "port is taken off"},
             Case{"chat.deepseek.com:", "port is taken off"},
             Case{"chat.deepseek.com.", "final dot is taken off"},
             Case{"chat.deepseek.com.:443/", "path, port and final dot are taken off"},
         })
        for (const NameUse use : kUses) {
            const auto typed = parse_typed_name(one.text, use);
            ASSERT_TRUE(typed.ok()) << one.text << ": " << typed.error().text;
            EXPECT_EQ(typed->name, Name::parse("chat.deepseek.com")) << one.text;
            EXPECT_EQ(typed->note, std::string("'") + one.text + "' is read as chat.deepseek.com: " + one.parts);
        }
}

TEST(TypedName, AStarInFrontMeansWhatTheNameStandsFor) {
    const auto subtree = parse_typed_name("*.x.example.com", NameUse::Subtree);
    ASSERT_TRUE(subtree.ok());
    EXPECT_EQ(subtree->name, Name::parse("x.example.com"));
    EXPECT_EQ(subtree->note,
              "'*.x.example.com' is read as x.example.com: '*.' is taken off, as the name stands for "
              "itself and all names below it");

    const auto owner = parse_typed_name("*.corp.example.com", NameUse::Owner);
    ASSERT_TRUE(owner.ok());
    EXPECT_EQ(owner->name, Name::parse("*.corp.example.com"));
    EXPECT_EQ(owner->note, "");
    const auto korean = parse_typed_name(std::string("*.") + kKorean, NameUse::Owner);
    ASSERT_TRUE(korean.ok());
    EXPECT_EQ(korean->name, Name::parse(std::string("*.") + kKoreanAscii));

    const auto question = parse_typed_name("*.x.example.com", NameUse::Question);
    ASSERT_FALSE(question.ok());
    EXPECT_THAT(question.error().text, HasSubstr("write x.example.com, or a name below it as in www.x.example.com"));
    const auto single = parse_typed_name("*.x.example.com", NameUse::Single);
    ASSERT_FALSE(single.ok());
    EXPECT_THAT(single.error().text, HasSubstr("write x.example.com"));
}

TEST(TypedName, RefusesWhatIsNotPlainAndSaysWhatToWrite) {
    struct Case {
        const char* text;
        const char* advice;
    };
    for (const Case& one : {
             Case{"", "write one as in example.com"},
             Case{"||z.example^", "'|' does not belong there; write the name alone, as in z.example"},
             Case{"a@b.example", "'@' does not belong there; write the name alone, as in b.example"},
             Case{"https://user@x.example/", "'@' does not belong there; write the name alone, as in x.example"},
             Case{"a b.example", "there is a blank in it; write the name alone, as in b.example"},
             Case{" x.example", "there is a blank in it; write the name alone, as in x.example"},
             Case{"x.example, y.example", "write the name alone, as in y.example"},
             Case{"a.*.example.com", "'*' does not belong there"},
             Case{"*.*.example.com", "write"},
             Case{"*", "'*' does not belong there"},
             Case{"*.", "write"},
             Case{"*x.example", "'*' does not belong there"},
             Case{"site.example##.ad", "'#' does not belong there"},
             Case{"x.example?a", "'?' does not belong there"},
             Case{"x.example:https", "':' does not belong there"},
             Case{"mailto:a@x.example", "write the name alone, as in x.example"},
             Case{"\"x.example\"", "write the name alone, as in x.example"},
             Case{"%ED%95%9C.kr", "'%' does not belong there"},
             Case{"https:\\\\x.example", "does not belong there"},
             Case{"192.0.2.1", "is an address where a domain name is due"},
             Case{"http://192.0.2.1:8080/x", "is an address where a domain name is due"},
             Case{"192.0.2.0/24", "is an address where a domain name is due"},
             Case{"2001:db8::1", "is an address where a domain name is due"},
             Case{"https://[2001:db8::1]:443/", "is an address where a domain name is due"},
             Case{"https:///x", "write it as in example.com"},
             Case{"..", "write it as in example.com"},
             Case{"a..b.example", "a label has 1 to 63 letters"},
             Case{"a.example..", "a label has 1 to 63 letters"},
             Case{"https://a.example../", "a label has 1 to 63 letters"},
             Case{"-..", "a label has 1 to 63 letters"},
             Case{".example.com", "write it as in example.com"},
             Case{"x\x1b[31m.example", "'\\x1b' does not belong there"},
         })
        for (const NameUse use : kUses) {
            const auto typed = parse_typed_name(one.text, use);
            if (std::string_view(one.text) == "*." && use == NameUse::Question) continue;
            ASSERT_FALSE(typed.ok()) << one.text << " is " << typed->name.to_string();
            EXPECT_THAT(typed.error().text, HasSubstr(one.advice));
            EXPECT_THAT(typed.error().text, Not(HasSubstr("\x1b")));
        }
    // A misspelt address is no domain name in use; keys and nodes may have such names.
    EXPECT_FALSE(parse_typed_name("192.0.2.256", NameUse::Subtree).ok());
    EXPECT_FALSE(parse_typed_name("a.\\050", NameUse::Question).ok());
    EXPECT_TRUE(parse_typed_name("transfer.2026", NameUse::Single).ok());
}

TEST(TypedName, TheRootIsANameOnlyToAsk) {
    const auto root = parse_typed_name(".", NameUse::Question);
    ASSERT_TRUE(root.ok());
    EXPECT_EQ(root->name, Name());
    EXPECT_EQ(root->note, "");
    for (const NameUse use : {NameUse::Subtree, NameUse::Single, NameUse::Owner})
        EXPECT_FALSE(parse_typed_name(".", use).ok());
}

TEST(TypedName, InternationalNamesHaveBothForms) {
    for (const char* text : {"한글도메인.kr", "한글도메인。kr", "https://한글도메인.kr/검색"}) {
        const auto typed = parse_typed_name(text, NameUse::Subtree);
        ASSERT_TRUE(typed.ok()) << typed.error().text;
        EXPECT_EQ(typed->name, Name::parse(kKoreanAscii));
        if (std::string_view(text).starts_with("https"))
            EXPECT_THAT(typed->note, AllOf(HasSubstr(kKorean), HasSubstr(kKoreanAscii)));
        else
            EXPECT_THAT(typed->note, IsEmpty());
    }
    EXPECT_EQ(parse_typed_name("BÜCHER.example", NameUse::Question)->name, Name::parse("xn--bcher-kva.example"));
    // Full-width letters and slashes become ASCII: no other name may result from them unnoticed.
    EXPECT_FALSE(parse_typed_name("example／x.kr", NameUse::Question).ok());
    for (const char* text : {"\xff\xfe.kr", "한글\\.kr", "a\u200d.example", "한..kr"}) {
        const auto typed = parse_typed_name(text, NameUse::Question);
        ASSERT_FALSE(typed.ok()) << text;
        EXPECT_THAT(typed.error().text, HasSubstr("write"));
    }
}

TEST(TypedName, LongTextsAreCutBetweenCharacters) {
    std::string text = "x";  // characters of three bytes from there on
    for (int i = 0; i < 200; ++i) text += "한";
    const auto typed = parse_typed_name(text, NameUse::Question);
    ASSERT_FALSE(typed.ok());
    EXPECT_THAT(typed.error().text, HasSubstr("한...'"));
}

TEST(TypedName, ItsTextReadsBackAsTheSameName) {
    for (const char* text : {"chat.deepseek.com", "a\\.b.example", "\\*.example", "a\\^b\\/c\\:\\@.example",
                             "a\\064b.example", "\\032x.example", "\\200.example", "한글도메인.kr"}) {
        const auto typed = parse_typed_name(text, NameUse::Subtree);
        ASSERT_TRUE(typed.ok()) << typed.error().text;
        for (const NameUse use : kUses) {
            const auto again = parse_typed_name(typed_text(typed->name), use);
            ASSERT_TRUE(again.ok()) << again.error().text;
            EXPECT_EQ(again->name, typed->name);
            EXPECT_EQ(again->note, "");
        }
    }
}

TEST(International, ShowsULabelsOnlyWhereTheyLeadBack) {
    EXPECT_EQ(to_u_labels(*Name::parse(kKoreanAscii)), kKorean);
    EXPECT_EQ(both_forms(*Name::parse(kKoreanAscii)), "한글도메인.kr (xn--bj0bj3i97fq8o5lq.kr)");
    for (const char* text :
         {"example.com", "xn--.example", "xn--a.example", "xn--99999999.example", "a\\.xn--bcher-kva.example"}) {
        EXPECT_EQ(to_u_labels(*Name::parse(text)), "") << text;
        EXPECT_EQ(both_forms(*Name::parse(text)), Name::parse(text)->to_string());
    }
    EXPECT_EQ(to_u_labels(Name()), "");
    EXPECT_FALSE(to_a_labels(std::string_view("한\0글.kr", 11)).ok());
}

}  // namespace
}  // namespace cenote::wire
