// SPDX-License-Identifier: Apache-2.0
#include "resolver/document/phrases.h"

#include <map>

#include "resolver/base/check.h"

namespace cenote::document {
namespace {

using Index = std::map<std::string_view, Phrase>;

const Index& index() {
    static const Index kAll = [] {
        Index made;
        for (const Phrase& one : all_phrases()) made.emplace(one.key, one);
        return made;
    }();
    return kAll;
}

}  // namespace

std::vector<Phrase> all_phrases() {
    std::vector<Phrase> all;
    for (const auto phrases :
         {title_phrases(), value_phrases(), sentence_phrases(), passage_phrases(), annex_phrases()})
        all.insert(all.end(), phrases.begin(), phrases.end());
    return all;
}

std::optional<std::string_view> find_phrase(std::string_view key, Language language) noexcept {
    const auto found = index().find(key);
    if (found == index().end()) return std::nullopt;
    return language == Language::Korean ? found->second.korean : found->second.english;
}

std::string_view phrase(std::string_view key, Language language) noexcept {
    const auto found = find_phrase(key, language);
    CENOTE_CHECK(found.has_value());
    return *found;
}

std::optional<Language> parse_language(std::string_view text) noexcept {
    if (text == "en") return Language::English;
    if (text == "ko") return Language::Korean;
    return std::nullopt;
}

std::string_view language_tag(Language language) noexcept { return language == Language::Korean ? "ko" : "en"; }

}  // namespace cenote::document
