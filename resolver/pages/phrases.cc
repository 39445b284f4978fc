// SPDX-License-Identifier: Apache-2.0
#include "resolver/pages/phrases.h"

#include <map>

#include "resolver/policy/explanation.h"
#include "resolver/policy/phrases.h"
#include "resolver/report/problems.h"
#include "resolver/report/standing.h"
#include "resolver/report/trail.h"
#include "resolver/state/state.h"

namespace cenote::pages {
namespace {

const std::map<std::string_view, Phrase>& index() {
    static const std::map<std::string_view, Phrase> kAll = [] {
        std::map<std::string_view, Phrase> made;
        for (const Phrase& one : all_phrases()) made.emplace(one.key, one);
        return made;
    }();
    return kAll;
}

}  // namespace

std::vector<Phrase> all_phrases() {
    std::vector<Phrase> all;
    for (const auto phrases :
         {frame_phrases(), use_phrases(), rule_phrases(), front_phrases(), report::problem_phrases(),
          report::standing_phrases(), report::trail_phrases(), state::break_phrases(), policy::explain_phrases()})
        all.insert(all.end(), phrases.begin(), phrases.end());
    return all;
}

std::optional<std::string_view> look_up(std::string_view key, Language language) noexcept {
    const auto found = index().find(key);
    if (found == index().end()) return document::find_phrase(key, language);
    return found->second.in(language);
}

std::string say(Language language, std::string_view key, Values values) {
    return policy::fill(look_up(key, language).value_or(key), values);
}

}  // namespace cenote::pages
