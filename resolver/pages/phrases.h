// SPDX-License-Identifier: Apache-2.0
//
// Every word of the pages, in each language, by a key. Values stand in braces: "{queries}". The words of verdicts,
// steps, states and signals are those of the report (document/phrases.h), and found here too.
//
// Threads: pure.   Memory: static; say() makes its text.   Failure: a key that is not there is its own text.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/document/phrases.h"

namespace cenote::pages {

using cenote::Language;
using cenote::Phrase;

/// The tables, each in a file of its own.
[[nodiscard]] std::span<const Phrase> frame_phrases() noexcept;  // the frame of every page
[[nodiscard]] std::span<const Phrase> use_phrases() noexcept;    // overview, services, directives, groups
[[nodiscard]] std::span<const Phrase> rule_phrases() noexcept;   // exceptions to privacy, explain
[[nodiscard]] std::span<const Phrase> front_phrases() noexcept;  // signing in
[[nodiscard]] std::vector<Phrase> all_phrases();

using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;

[[nodiscard]] std::string say(Language language, std::string_view key, Values values = {});
/// Also among those of the report, and of what cenoted says: problems, steps of an explanation, records.
[[nodiscard]] std::optional<std::string_view> look_up(std::string_view key, Language language) noexcept;

}  // namespace cenote::pages
