// SPDX-License-Identifier: Apache-2.0
//
// A sentence for people that programs and other languages can read as well: its kind and the values in it. Its words
// are in a table of phrases, in each language, where the values stand in braces: "list {list} is stale".
//
// Threads: values.   Memory: owns its texts.   Failure: a value that is not given is empty; a kind without a phrase is
// its own text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cenote {

enum class Language : std::uint8_t { English, Korean };

struct Phrase {
    std::string_view key;
    std::string_view english;
    std::string_view korean;

    [[nodiscard]] constexpr std::string_view in(Language language) const noexcept {
        return language == Language::Korean ? korean : english;
    }
};

using SentenceValues = std::vector<std::pair<std::string, std::string>>;

/// The phrase with its placeholders replaced.
[[nodiscard]] std::string fill(std::string_view phrase, const SentenceValues& values);
/// The phrase of a table; nullptr: there is none.
[[nodiscard]] const Phrase* phrase_in(std::span<const Phrase> table, std::string_view key) noexcept;

struct Sentence {
    std::string kind;  // the end of a key: "list_stale"; empty: the sentence has no kind
    SentenceValues values;

    /// By the phrase "PREFIX.KIND".
    [[nodiscard]] std::string text(std::span<const Phrase> table, std::string_view prefix,
                                   Language language = Language::English) const;
};

}  // namespace cenote
