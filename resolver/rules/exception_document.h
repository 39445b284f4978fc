// SPDX-License-Identifier: Apache-2.0
//
// An exception as a document: requester, purpose, approvers, end. Control plane.
//
//     asked         requested; becomes granted, denied or revoked
//     granted       opens names until its end; becomes ended by the clock, or revoked by a person; an extension of it
//                   waits for approval beside it, and its end stays until then
//     unconfirmed   granted before a restore or on another node; opens nothing until a person here approves it
//     denied, revoked, ended   final
//
// An emergency is granted at once; it is unratified until enough other persons approve it.
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

/// More time for a granted exception: it takes as many persons as the exception did.
struct RequestedExtension {
    WallTime ends{};
    std::string asked_by;
    WallTime asked_at{};
    std::vector<std::string> agreed_by;
};

struct ExceptionDocument {
    std::string id;
    std::string directive;
    std::optional<Prefix> client;  // either a client prefix
    std::string group;             // or a group
    std::string purpose;
    std::string requester;  // for whom asked_by requested it, and the letter or ticket, as they were typed
    std::string ref;
    Stage stage = Stage::Asked;
    bool emergency = false;
    std::string asked_by;
    WallTime asked_at{};
    std::optional<seconds> lasts;  // until the grant: either a duration, counted from the grant,
    std::optional<WallTime> ends;  // or a time; granted: always the time
    std::vector<std::string> agreed_by;
    std::string brought_by;  // the person who imported it from another node; empty: requested here
    bool ratified = false;   // emergency only: enough persons approved it afterwards
    std::optional<WallTime> granted_at;
    std::optional<RequestedExtension> extension;  // granted only: it waits for approval
    std::string closed_by;  // the person who denied or revoked it; empty: it is open, or it ended at its time
    std::optional<WallTime> closed_at;
};

[[nodiscard]] bool is_unratified(const ExceptionDocument& document) noexcept;
[[nodiscard]] bool is_open(Stage stage) noexcept;  // it may still open names
/// Whether it, or its extension, takes the approval of one more person.
[[nodiscard]] bool waits_for_approval(const ExceptionDocument& document) noexcept;

/// A rule of kind Exception.
[[nodiscard]] state::Rule to_rule(const ExceptionDocument& document);
Result<ExceptionDocument> read_exception(const state::Rule& rule);
/// Granted exceptions of a restored backup become unconfirmed, and their extensions have to be requested again.
void unconfirm_exceptions(std::vector<state::Rule>& rules);
/// A granted exception as the policy takes it.
[[nodiscard]] policy::Exception to_policy(const ExceptionDocument& document);

}  // namespace cenote::rules
