// SPDX-License-Identifier: Apache-2.0
//
// An exception as a document: who asked for it and why, who agreed, until when. Control plane.
//
//     asked -> granted -> ended        by the clock
//           \\          \\-> revoked      by somebody
//            \\-> denied  \\-> unconfirmed   restored or imported: counts for nothing until it is approved here
//
// An emergency is granted at once; it is unratified until somebody else agrees.
//
// Threads: any.   Memory: values.   Failure: Result that names the document.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "resolver/policy/options.h"
#include "resolver/state/state.h"

namespace cenote::rules {

enum class Stage : std::uint8_t { Asked, Granted, Denied, Revoked, Ended, Unconfirmed };
[[nodiscard]] std::string_view stage_to_text(Stage stage) noexcept;

struct ExceptionDocument {
    std::string id;
    std::string directive;
    std::optional<Prefix> client;  // or
    std::string group;
    std::string purpose;
    Stage stage = Stage::Asked;
    bool emergency = false;
    std::string asked_by;
    WallTime asked_at{};
    std::optional<seconds> lasts;  // from the grant on; or
    std::optional<WallTime> ends;  // known from the grant on
    std::vector<std::string> agreed_by;
    std::string brought_by;  // who imported it from another node; empty: it was asked for here
    bool ratified = false;   // an emergency that enough persons agreed to afterwards
    std::optional<WallTime> granted_at;
    std::string closed_by;  // who denied, revoked; empty: the clock, or nobody yet
    std::optional<WallTime> closed_at;
};

[[nodiscard]] bool is_unratified(const ExceptionDocument& document) noexcept;
[[nodiscard]] bool is_open(Stage stage) noexcept;  // something may still come of it

/// A rule of kind Exception.
[[nodiscard]] state::Rule to_rule(const ExceptionDocument& document);
Result<ExceptionDocument> read_exception(const state::Rule& rule);
/// Granted ones of a restored backup count for nothing until somebody approves them again.
void unconfirm_exceptions(std::vector<state::Rule>& rules);
/// What a granted one is to the comparator.
[[nodiscard]] policy::Exception to_policy(const ExceptionDocument& document);

}  // namespace cenote::rules
