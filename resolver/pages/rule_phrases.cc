// SPDX-License-Identifier: Apache-2.0
#include <vector>

#include "resolver/pages/phrases.h"
#include "resolver/pages/rule_phrase_tables.h"

namespace cenote::pages {

std::span<const Phrase> rule_phrases() noexcept {
    static const std::vector<Phrase> kAll = [] {
        std::vector<Phrase> all;
        for (const auto table : {rule_value_phrases(), rule_state_phrases(), rule_look_phrases()})
            all.insert(all.end(), table.begin(), table.end());
        return all;
    }();
    return kAll;
}

}  // namespace cenote::pages
