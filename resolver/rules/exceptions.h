// SPDX-License-Identifier: Apache-2.0
//
// Who may request an exception, approve it, extend it and end it. Control plane.
//
// An exception takes as many persons as [exceptions].approvals says, the requester included. A person counts once;
// root does not count as a further person, because every administrator can act as root. An emergency is in force at
// once and waits for the others afterwards. An extension beyond the end that was approved is a request of its own: it
// takes as many persons again, and until then the exception keeps its end. An exception that another node granted is in
// force here only if its persons are users of this machine; otherwise it takes one person here who did not import it.
//
// Threads:  any, one call at a time for each value.
// Time:     an argument.
// Memory:   values; the policy and the limits outlive the approval.
// Failure:  Result with one sentence; the caller keeps its document as it was.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "resolver/rules/exception_document.h"
#include "resolver/rules/exception_terms.h"

namespace cenote::rules {

/// A user of this machine, as the kernel reports it.
struct Person {
    std::string name;
    bool may_approve = false;  // is in a group of [control].approvers or admins
};

/// The end of an exception as it was typed: a time, or a duration.
struct TypedEnd {
    std::optional<std::string> until;
    std::string lasts;
};

struct ExceptionRequest {
    std::string directive;
    std::optional<std::string> client;  // a prefix, or
    std::optional<std::string> group;
    std::string purpose;
    std::string requester;  // for whom, and
    std::string ref;        // on which letter: kept as they are
    bool emergency = false;
    TypedEnd end;
};

/// What the user database of this machine allows a name to do.
struct KnownPersons {
    std::function<bool(const std::string& name)> may_look;
    std::function<bool(const std::string& name)> may_approve;
};

class ExceptionApproval {
public:
    /// `clock_problem`: why the time cannot be trusted, which keeps anything from being opened; empty: it can.
    ExceptionApproval(ExceptionTerms terms, WallTime now, std::string clock_problem)
        : terms_(terms), now_(now), clock_problem_(std::move(clock_problem)) {}

    /// A new exception at stage Asked. The caller adds the id.
    [[nodiscard]] Result<ExceptionDocument> request(const Person& person, const ExceptionRequest& request) const;
    /// Grants an emergency that was requested just now.
    [[nodiscard]] Result<ExceptionDocument> grant_emergency(ExceptionDocument document) const;
    /// Grants it, or its extension, with the last person that it takes.
    [[nodiscard]] Result<ExceptionDocument> approve(const Person& person, ExceptionDocument document) const;
    /// Denies a request, or the extension of an exception that stays in force. Its requester may withdraw an
    /// extension.
    [[nodiscard]] Result<ExceptionDocument> deny(const Person& person, ExceptionDocument document) const;
    [[nodiscard]] Result<ExceptionDocument> revoke(const Person& person, ExceptionDocument document) const;
    /// Requests a later end. A duration counts from the present end on. With `approvals = 1` an approver extends at
    /// once.
    [[nodiscard]] Result<ExceptionDocument> extend(const Person& person, const TypedEnd& end,
                                                   ExceptionDocument document) const;
    /// An exception of another node: Unconfirmed where it was granted by persons who could not have granted it here.
    /// Its directive may be unknown yet, because the same import may bring it.
    [[nodiscard]] Result<ExceptionDocument> import(const Person& importer, const KnownPersons& known,
                                                   ExceptionDocument document) const;

private:
    [[nodiscard]] Status read_subject(const ExceptionRequest& request, const policy::Directive& directive,
                                      ExceptionDocument& document) const;
    [[nodiscard]] Status read_end(const TypedEnd& end, const policy::Directive& directive,
                                  ExceptionDocument& document) const;
    [[nodiscard]] Status check_clock() const;
    /// The persons behind a request: of an exception, or of its extension.
    struct Persons {
        const std::string& asked_by;
        const std::string& brought_by;
        const std::vector<std::string>& agreed_by;
    };
    [[nodiscard]] Status check_further_person(const Person& person, const Persons& so_far, const std::string& id) const;
    [[nodiscard]] Status check_extension(const ExceptionDocument& document, WallTime ends) const;
    [[nodiscard]] Result<ExceptionDocument> approve_extension(const Person& person, ExceptionDocument document) const;
    [[nodiscard]] Result<ExceptionDocument> grant_extension(ExceptionDocument document) const;
    [[nodiscard]] Status check_imported(const ExceptionDocument& document) const;
    /// Whether these persons, beside the one who asked, are as many as it takes.
    [[nodiscard]] bool enough_agree(const std::vector<std::string>& agreed_by) const;
    [[nodiscard]] Result<ExceptionDocument> grant(ExceptionDocument document) const;

    ExceptionTerms terms_;
    WallTime now_;
    std::string clock_problem_;
};

/// Whether a person may make one more request beside the exceptions that are open.
[[nodiscard]] Status check_open_requests(const std::string& person, const std::vector<ExceptionDocument>& open);
/// Whether a person may make a request that is the `count`th within a day.
[[nodiscard]] Status check_daily_requests(const std::string& person, std::size_t count);

}  // namespace cenote::rules
