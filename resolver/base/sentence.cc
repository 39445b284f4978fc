// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/sentence.h"

#include <algorithm>

namespace cenote {

std::string fill(std::string_view phrase, const SentenceValues& values) {
    std::string out;
    while (!phrase.empty()) {
        const auto open = phrase.find('{');
        const auto close = phrase.find('}', open);
        out += phrase.substr(0, open);
        if (close == std::string_view::npos) break;
        const std::string_view word = phrase.substr(open + 1, close - open - 1);
        for (const auto& [name, value] : values)
            if (name == word) out += value;
        phrase.remove_prefix(close + 1);
    }
    return out;
}

const Phrase* phrase_in(std::span<const Phrase> table, std::string_view key) noexcept {
    const auto found = std::ranges::find(table, key, &Phrase::key);
    return found == table.end() ? nullptr : &*found;
}

std::string Sentence::text(std::span<const Phrase> table, std::string_view prefix, Language language) const {
    const std::string key = std::string(prefix) + "." + kind;
    const Phrase* phrase = phrase_in(table, key);
    return phrase == nullptr ? key : fill(phrase->in(language), values);
}

}  // namespace cenote
