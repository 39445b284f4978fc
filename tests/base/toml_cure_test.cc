// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/toml_cure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "resolver/base/toml.h"

namespace cenote {
namespace {

struct Mistake {
    const char* name;
    const char* text;
    const char* cure;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.name; }

const Mistake kMistakes[] = {
    {"IdLikeADate", "[[directive]]\nid = 2026-014\n", "write the text in quotes: id = \"2026-014\""},
    {"BareWord", "step = restrict  # from Monday\n", "write the text in quotes: step = \"restrict\""},
    {"TimeInMinutes", "starts = 2026-12-01T09:00+09:00\n", "times have seconds: starts = 2026-12-01T09:00:00+09:00"},
    {"CommaInATable", "reason = { en = \"x\", }\n", "remove the comma before '}'"},
    {"CommaAtTheEnd", "title = \"x\",\n", "remove the comma at the end of the line"},
    {"TypographicQuotes", "title = \u201cx\u201d\n", "write straight quotes"},
    {"OldEncoding", "title = \"\xba\xb8\xbe\xc8\"\n", "save the file as UTF-8"},
    {"Yaml", "step: restrict\n", "write key = \"value\", not 'key: value': step = "},
    {"OpenBracket", "[[directive\nid = \"x\"\n", "end the line with ']]'"},
    {"OpenText", "title = \"x\nstep = \"block\"\n", "end the text with a quote"},
    {"MissingFirstQuote", "title = x\"\n", "the first quote is missing"},
    {"NoValue", "title =\n", "write the value of 'title' behind '='"},
    {"Python", "strict = True\n", "write strict = true or strict = false"},
    {"OpenArray", "targets = [\"a\" \"b\"\n", "put commas between its texts"},
};

class TomlCure : public testing::TestWithParam<Mistake> {};

TEST_P(TomlCure, SaysWhatToDo) {
    Diagnostics diagnostics;
    EXPECT_FALSE(TomlFile::parse(GetParam().text, "f", diagnostics));
    ASSERT_EQ(diagnostics.all().size(), 1U);
    EXPECT_THAT(diagnostics.all()[0].text, testing::HasSubstr(GetParam().cure));
}

INSTANTIATE_TEST_SUITE_P(Table, TomlCure, testing::ValuesIn(kMistakes),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(TomlCures, AnyTextGetsOne) {
    for (const char* text : {"", "\n", "=", "[", "]", "{", "\"", "a", "a.b", "a = [\n", "\xff", "a = \"\\\""})
        for (std::uint32_t line : {0U, 1U, 2U, 9U}) EXPECT_FALSE(syntax_cure(text, line).empty());
}

}  // namespace
}  // namespace cenote
