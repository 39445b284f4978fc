// SPDX-License-Identifier: Apache-2.0
#include "resolver/report/rule_story.h"

#include "resolver/base/time_text.h"
#include "resolver/report/fields.h"

namespace cenote::report {

RuleStory story_in(std::span<const std::pair<std::string, state::Record>> records) {
    RuleStory story;
    for (const auto& [node, record] : records) {
        if (!story.made) story.made = record;
        if (record.action == "resume" || record.action.ends_with(" lift") || record.action.ends_with(" end"))
            story.ended = record;
    }
    return story;
}

Json deed_json(const std::optional<state::Record>& record) {
    if (!record) return nullptr;
    return {{field::kAt, format_time(record->at)},
            {field::kBy, record->actor},
            {field::kRequester, text_or_null(record->requester)},
            {field::kRef, text_or_null(record->ref)},
            {field::kNote, text_or_null(record->note)}};
}

}  // namespace cenote::report
