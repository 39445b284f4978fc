// SPDX-License-Identifier: Apache-2.0
//
// [[texts]] of texts.d: the words of sinkhole answers in further languages, or other words in those that are built in.
#include <fmt/format.h>

#include <algorithm>

#include "resolver/config/sections.h"
#include "resolver/policy/phrases.h"
#include "resolver/rules/language.h"

namespace cenote::config {
namespace {

void read_phrases(const TomlTable& table, Draft& draft) {
    policy::Phrases phrases;
    for (const policy::PhraseKey& key : policy::phrase_keys()) {
        const auto text = table.required_text(key.key);
        if (!text) continue;
        if (const auto checked = policy::check_phrase(key, text->value); !checked)
            draft.diagnostics.error(text->place, checked.error().text);
        phrases.*key.phrase = text->value;
    }
    const auto language = table.required_text("language");
    if (!language) return;
    rules::check_language(language->value, language->place, draft.diagnostics);
    phrases.language = language->value;
    if (std::ranges::find(draft.policy.phrases, phrases.language, &policy::Phrases::language) !=
        draft.policy.phrases.end())
        return draft.diagnostics.error(language->place,
                                       fmt::format("there are two [[texts]] in '{}'; remove one", phrases.language));
    draft.policy.phrases.push_back(std::move(phrases));
}

}  // namespace

void read_texts(const TomlTable& root, Draft& draft) {
    for (const auto& table : root.tables("texts")) read_phrases(table, draft);
}

}  // namespace cenote::config
