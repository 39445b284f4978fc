// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/phrases.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/sentence.h"

namespace cenote::policy {
namespace {

constexpr std::size_t kPhraseMax = 100;  // bytes: half of the sentence (texts.h, kTextMax) stays for the facts

const Phrases& english() {
    static const Phrases kPhrases{.language = "en",
                                  .restricted = "{subject} is restricted by directive {directive}",
                                  .restricted_until = "{subject} is restricted by directive {directive} until {until}",
                                  .blocked = "{subject} is blocked by directive {directive}",
                                  .blocked_until = "{subject} is blocked by directive {directive} until {until}",
                                  .reason = ": {reason}",
                                  .ask = "; ask {contact}",
                                  .name = "This name",
                                  .listed = "This name (list {list})",
                                  .today = "{time} today"};
    return kPhrases;
}

const Phrases& korean() {
    static const Phrases kPhrases{.language = "ko",
                                  .restricted = "{subject} 이용이 지시 {directive}에 따라 제한됩니다",
                                  .restricted_until = "{subject} 이용이 지시 {directive}에 따라 {until}까지 제한됩니다",
                                  .blocked = "{subject} 이용이 지시 {directive}에 따라 차단됩니다",
                                  .blocked_until = "{subject} 이용이 지시 {directive}에 따라 {until}까지 차단됩니다",
                                  .reason = ": {reason}",
                                  .ask = "; 문의 {contact}",
                                  .name = "이 이름",
                                  .listed = "이 이름(목록 {list})",
                                  .today = "오늘 {time}"};
    return kPhrases;
}

const Phrases* find_own(const std::vector<Phrases>& own, std::string_view language) {
    const auto found = std::ranges::find(own, language, &Phrases::language);
    return found == own.end() ? nullptr : &*found;
}

/// nullptr: there are none in this language.
const Phrases* find_phrases(const std::vector<Phrases>& own, std::string_view language) {
    if (const Phrases* found = find_own(own, language)) return found;
    const std::string_view primary = primary_language(language);
    if (const Phrases* found = find_own(own, primary)) return found;
    for (const Phrases* known : {&english(), &korean()})
        if (known->language == primary) return known;
    return nullptr;
}

std::string in_braces(std::string_view word) { return fmt::format("{{{}}}", word); }

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++count;
    return count;
}

}  // namespace

const std::vector<PhraseKey>& phrase_keys() {
    static const std::vector<PhraseKey> kKeys{
        {"restricted", &Phrases::restricted, {"subject", "directive"}},
        {"restricted_until", &Phrases::restricted_until, {"subject", "directive", "until"}},
        {"blocked", &Phrases::blocked, {"subject", "directive"}},
        {"blocked_until", &Phrases::blocked_until, {"subject", "directive", "until"}},
        {"reason", &Phrases::reason, {"reason"}},
        {"ask", &Phrases::ask, {"contact"}},
        {"name", &Phrases::name, {}},
        {"listed", &Phrases::listed, {"list"}},
        {"today", &Phrases::today, {"time"}},
    };
    return kKeys;
}

Status check_phrase(const PhraseKey& key, std::string_view text) {
    if (text.empty()) return Error{fmt::format("'{}' is empty; write its words", key.key)};
    if (text.size() > kPhraseMax)
        return Error{fmt::format("'{}' has {} bytes, and at most {} leave room for the facts; shorten it", key.key,
                                 text.size(), kPhraseMax)};
    for (const std::string_view wanted : key.placeholders)
        if (count_of(text, in_braces(wanted)) != 1)
            return Error{
                fmt::format("'{}' must have {} once; add it, or remove the second one", key.key, in_braces(wanted))};
    const auto braces =
        static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return c == '{' || c == '}'; }));
    if (braces != 2 * key.placeholders.size())
        return Error{fmt::format("'{}' has a brace that belongs to no placeholder; {}", key.key,
                                 key.placeholders.empty() ? std::string("remove it")
                                                          : fmt::format("its placeholders are {{{}}}",
                                                                        fmt::join(key.placeholders, "}, {")))};
    return Done{};
}

const Phrases& phrases_for(const std::vector<Phrases>& own, std::string_view language) {
    const Phrases* found = find_phrases(own, language);
    if (found == nullptr) found = find_own(own, "en");
    return found != nullptr ? *found : english();
}

std::string_view primary_language(std::string_view tag) noexcept { return tag.substr(0, tag.find('-')); }

std::string fill(std::string_view phrase, std::initializer_list<std::pair<std::string_view, std::string_view>> values) {
    return cenote::fill(phrase, SentenceValues(values.begin(), values.end()));
}

}  // namespace cenote::policy
