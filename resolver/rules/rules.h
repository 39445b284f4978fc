// SPDX-License-Identifier: Apache-2.0
//
// Rules made at the command line: documents of TOML in the state file. Each is read once into values, which are added
// to the policy of the files at every change. Control plane.
//
// Threads: any.   Memory: values.   Failure: mistakes go into the diagnostics, each with the document's name as its
// file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/diagnostics.h"
#include "resolver/domainset/address_guard.h"
#include "resolver/policy/options.h"
#include "resolver/rules/exception_document.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/state/state.h"

namespace cenote::rules {

/// The [[directive]] and [[allow]] tables of a rule, read without a configuration.
struct RuleDocument {
    std::string name;  // takes the place of a file name in diagnostics: "directive dns1-3"
    std::vector<DirectiveTable> directives;
    std::vector<policy::Allow> allows;
    Diagnostics found;  // mistakes and notes; a document with a mistake cannot be added to a policy
};
[[nodiscard]] RuleDocument read_document(const state::Rule& rule);
/// The id of the rule whose text a place is in; empty: the place is in a file.
[[nodiscard]] std::string rule_at(const SourcePlace& place);

/// The rules in force that were made at the command line.
struct RuntimeRules {
    std::vector<std::shared_ptr<const RuleDocument>> documents;
    std::vector<policy::Exception> exceptions;  // granted; the policy ends them by the clock
    std::optional<WallTime> suspended_until;
    std::string suspension;  // its id
    std::string unreadable;  // a line for each exception whose document cannot be read
};

/// A rule with the values of its document.
struct ParsedRule {
    state::Rule rule;
    std::shared_ptr<const RuleDocument> document;  // nullptr: a rule of another kind, or one that was lifted
    std::optional<ExceptionDocument> exception;    // nullopt: a rule of another kind, or an unreadable one
    std::optional<WallTime> ends;                  // when it stops opening names; nullopt: it opens none
};
[[nodiscard]] ParsedRule parse_rule(state::Rule rule);

/// Those of the rules that are in force. The last suspension replaces the others.
RuntimeRules runtime_rules(const std::vector<ParsedRule>& rules);
RuntimeRules runtime_rules(const std::vector<state::Rule>& rules);

/// The policy of the files, and what rules made at the command line take from the configuration.
struct FilePolicy {
    std::shared_ptr<const policy::Options> policy;
    std::string timezone;                            // for every directive that names none
    std::vector<domainset::GuardedAddress> guarded;  // addresses that no rule may sinkhole
};

/// The directive or allow of a rule, in force or not; both empty where its text cannot be read.
struct ReadRule {
    std::optional<policy::Directive> directive;
    std::optional<policy::Allow> allow;
};
[[nodiscard]] ReadRule read_rule(const state::Rule& rule, const std::string& timezone);

/// The policy of the files with the rules added; nullptr when a document has a mistake.
std::shared_ptr<const policy::Options> add_runtime_rules(const FilePolicy& files, const RuntimeRules& runtime,
                                                         Diagnostics& diagnostics);

}  // namespace cenote::rules
