// SPDX-License-Identifier: Apache-2.0
//
// The words around the facts of a sinkhole answer, by language: English and Korean are built in, others and changed
// ones come from the configuration.
//
// Threads:  pure. Control plane.
// Memory:   values; the built-in ones are static.
// Failure:  check_phrase() gives an Error that names the placeholder.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/policy/options.h"

namespace cenote::policy {

/// A phrase of Phrases as configuration names it: its key, and the placeholders that it must have.
struct PhraseKey {
    std::string_view key;
    std::string Phrases::*phrase;
    std::vector<std::string_view> placeholders;
};
[[nodiscard]] const std::vector<PhraseKey>& phrase_keys();

/// The text has each placeholder of the key once and no other, and is short enough to leave room for the facts.
[[nodiscard]] Status check_phrase(const PhraseKey& key, std::string_view text);

/// Of the language (also "ko" for "ko-KR"): first among `own`, then built in; else in English.
[[nodiscard]] const Phrases& phrases_for(const std::vector<Phrases>& own, std::string_view language);

/// The part of a language tag before the first hyphen (RFC 5646 §2.2.1).
[[nodiscard]] std::string_view primary_language(std::string_view tag) noexcept;

/// The phrase with its placeholders replaced.
[[nodiscard]] std::string fill(std::string_view phrase,
                               std::initializer_list<std::pair<std::string_view, std::string_view>> values);

}  // namespace cenote::policy
