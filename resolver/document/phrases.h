// SPDX-License-Identifier: Apache-2.0
//
// Every word of a report, in each of its languages, by a key. Values stand in braces: "{queries}". Private to document.
//
// Threads: pure.   Memory: static.   Failure: phrase() of a key that is not there stops the process; find_phrase()
// gives nullopt.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "resolver/document/document.h"

namespace cenote::document {

using cenote::Phrase;

/// The tables of phrases, each in a file of its own.
[[nodiscard]] std::span<const Phrase> title_phrases() noexcept;     // of parts, tables and columns
[[nodiscard]] std::span<const Phrase> value_phrases() noexcept;     // the values of fields
[[nodiscard]] std::span<const Phrase> sentence_phrases() noexcept;  // sentences with numbers
[[nodiscard]] std::span<const Phrase> passage_phrases() noexcept;   // limits, definitions, method
[[nodiscard]] std::span<const Phrase> annex_phrases() noexcept;     // mappings, glossary
/// All of them.
[[nodiscard]] std::vector<Phrase> all_phrases();

[[nodiscard]] std::optional<std::string_view> find_phrase(std::string_view key, Language language) noexcept;
[[nodiscard]] std::string_view phrase(std::string_view key, Language language) noexcept;

}  // namespace cenote::document
