// SPDX-License-Identifier: Apache-2.0
//
// What needs attention: the `problems` of `cenote status`.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/diagnostics.h"
#include "resolver/policy/options.h"
#include "resolver/report/lists.h"
#include "resolver/report/upstreams.h"
#include "resolver/rules/exception_document.h"

namespace cenote::report {

enum class Severity : std::uint8_t { Error, Warning, Notice };

struct Problem {
    Severity severity = Severity::Error;
    std::string what;
    std::optional<WallTime> since;  // nullopt: the problem has no time of its own
    std::string remedy;             // the field `do`
};

struct Failure {
    WallTime at{};
    std::string why;  // a line for each mistake
};

/// What may be a problem, as plain values. Spans must outlive the call only.
struct Condition {
    std::optional<Failure> refused_reload;
    std::optional<Failure> refused_set;
    std::optional<Failure> failed_update;
    std::string set_problem;  // empty, like the two below: none
    std::string state_problem;
    std::string clock_problem;
    std::optional<WallTime> suspended_until;
    std::string suspended_by;  // "root (dns1-12: outage)"; empty: it is not known
    std::vector<ListState> lists;
    std::vector<rules::ExceptionDocument> open_exceptions;
    std::vector<SocketAddress> absent_addresses;  // of [server].listen
    UpstreamViews upstreams;
    std::span<const Diagnostic> diagnostics;  // of the configuration in force
    std::span<const policy::Directive> directives;
};

/// At most 50 problems once exceptions are counted in; of other kinds all.
[[nodiscard]] std::vector<Problem> find_problems(const Condition& condition, WallTime now);

[[nodiscard]] Json problems_json(std::span<const Problem> problems);

}  // namespace cenote::report
