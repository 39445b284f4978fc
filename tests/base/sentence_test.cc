// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/sentence.h"

#include <gtest/gtest.h>

#include <array>

namespace cenote {
namespace {

constexpr std::array kTable{Phrase{"problem.stale", "list {list} is stale, {list}", "목록 {list}: 오래됨, {list}"}};

TEST(Sentence, IsWrittenInEachLanguage) {
    const Sentence sentence{"stale", {{"list", "a{b}"}, {"unused", "x"}}};
    EXPECT_EQ(sentence.text(kTable, "problem"), "list a{b} is stale, a{b}") << "braces of a value are no placeholders";
    EXPECT_EQ(sentence.text(kTable, "problem", Language::Korean), "목록 a{b}: 오래됨, a{b}");
}

TEST(Sentence, WithoutAPhraseIsItsKey) {
    EXPECT_EQ((Sentence{"fresh", {}}).text(kTable, "problem"), "problem.fresh");
    EXPECT_EQ(phrase_in(kTable, "problem.fresh"), nullptr);
}

TEST(Sentence, AValueThatIsMissingIsEmpty) {
    EXPECT_EQ(fill("a {x} b", {}), "a  b");
    EXPECT_EQ(fill("a {x", {{"x", "1"}}), "a ");
}

}  // namespace
}  // namespace cenote
