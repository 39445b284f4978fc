// SPDX-License-Identifier: Apache-2.0
//
// The sentences of the privacy statement, in each of its languages. A sentence has its values in braces.
//
// Threads: pure.   Memory: static.   Failure: none.
#pragma once

#include <string_view>

#include "resolver/report/privacy_statement.h"

namespace cenote::report {

struct PrivacyPhrases {
    std::string_view title, made;
    std::string_view purpose, purpose_text;
    std::string_view kept, of_every, of_sample, of_covered, names_alone;
    std::string_view level_none, level_pseudonym, level_address, agreement, less;
    std::string_view stores, memory, history, no_history, log, no_log, sent, keys, trail;
    std::string_view who, counts, clients, reveal, changes;
    std::string_view small, small_text;
    std::string_view never, never_client, never_forwarded, never_content, never_silent;
    std::string_view rights, rights_text;
    std::string_view none, pseudonym, address;  // the words for the levels
    std::string_view days, hours;
    std::string_view root_alone, root_and;
};

[[nodiscard]] const PrivacyPhrases& privacy_phrases(StatementLanguage language) noexcept;

}  // namespace cenote::report
