// SPDX-License-Identifier: Apache-2.0
//
// Which exceptions are possible at all: from which directive, for which clients, for how long. Who asks or approves
// does not matter here (rules/exceptions.h). Private to rules.
//
// Threads: any.   Time: an argument.   Memory: none.
// Failure: Status with one sentence.
#pragma once

#include <string>
#include <vector>

#include "resolver/policy/policy.h"
#include "resolver/rules/exception_document.h"
#include "resolver/rules/options.h"

namespace cenote::rules {

/// The configuration and the policy that an exception has to fit. All of them outlive the value.
struct ExceptionTerms {
    const policy::Policy& policy;
    const ExceptionLimits& limits;
    const std::vector<Prefix>& allow_from;  // [server].allow_from

    /// nullptr: the policy has no directive with this id.
    [[nodiscard]] const policy::Directive* find_directive(const std::string& id) const;
    [[nodiscard]] Error unknown_directive(const std::string& id) const;

    /// The directive restricts, or will, and does not block. `directive` belongs to the policy.
    [[nodiscard]] Status check_directive(const policy::Directive& directive) const;
    [[nodiscard]] Status check_client(const policy::Directive& directive, const Prefix& client) const;
    /// Its clients count against the limits like a prefix, and holders of certificates and tokens as one address each.
    [[nodiscard]] Status check_group(const std::string& id) const;
    /// The client or group of the document.
    [[nodiscard]] Status check_subject(const policy::Directive& directive, const ExceptionDocument& document) const;
    [[nodiscard]] Status check_duration(const policy::Directive& directive, WallTime from, WallTime to) const;
};

}  // namespace cenote::rules
