// SPDX-License-Identifier: Apache-2.0
//
// Why a name is sinkholed or not, for people: the verdict, and the rules that led to it in the order of the decision.
//
// Threads:  plain values.   Memory: owns its texts.   Failure: none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/clock.h"
#include "resolver/base/sentence.h"

namespace cenote::policy {

/// One step of an explanation.
struct ExplainStep {
    std::string text;     // in English
    Sentence sentence{};  // of which it is the text
};
/// The words of the steps and of the answer, in each language: "explain_step.KIND", "explain_answer.KIND".
[[nodiscard]] std::span<const Phrase> explain_phrases() noexcept;
[[nodiscard]] ExplainStep step_of(std::string kind, SentenceValues values);

struct Explanation {
    std::string verdict;              // forward observe advise restrict block allow exception local
    std::vector<std::string> groups;  // narrowest first
    std::string service;              // id; empty: none
    std::string service_name;
    std::string list;
    std::string directive;
    std::string exception;
    std::string allow;         // id of the allow that opens it; empty: none, or one without an id
    std::string suspension;    // id of the suspension; empty: nothing is suspended
    std::string matched;       // the name of the entry
    std::string answer;        // "null, 30 s"
    Sentence answer_sentence;  // of which it is the English text
    std::optional<WallTime> until;
    std::vector<ExplainStep> steps;
    std::optional<WallTime> changes;  // when the calendar leads to another verdict
    std::string next_verdict;         // and to which

    void set_answer(Sentence sentence);
};

}  // namespace cenote::policy
