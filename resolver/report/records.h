// SPDX-License-Identifier: Apache-2.0
//
// A record of the audit trail, as `cenote audit --json` and `cenote state export` print it and an import reads it.
//
// Threads: pure.   Memory: the answer.   Failure: none.
#pragma once

#include <array>
#include <string>

#include "resolver/report/fields.h"
#include "resolver/report/values.h"
#include "resolver/state/state.h"

namespace cenote::report {

/// A text of a record, and its field.
struct RecordText {
    field::Name field;
    std::string state::Record::*text;
};
inline constexpr std::array<RecordText, 10> kRecordTexts{{{field::kActor, &state::Record::actor},
                                                          {field::kAction, &state::Record::action},
                                                          {field::kObject, &state::Record::object},
                                                          {field::kBefore, &state::Record::before},
                                                          {field::kAfter, &state::Record::after},
                                                          {field::kRequester, &state::Record::requester},
                                                          {field::kRef, &state::Record::ref},
                                                          {field::kNote, &state::Record::note},
                                                          {field::kPolicy, &state::Record::policy},
                                                          {field::kChain, &state::Record::chain}}};

/// Its texts, its time and the node where it was written. The number has another field in each of the two outputs.
[[nodiscard]] Json record_json(const state::Record& record, const std::string& node);

}  // namespace cenote::report
