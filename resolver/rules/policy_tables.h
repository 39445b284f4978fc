// SPDX-License-Identifier: Apache-2.0
//
// The tables of TOML that make up a policy: [sinkhole], [[group]], [[directive]], [[allow]]. They read the same in
// cenote.toml, in directives.d, in a rule made at the command line and in a stored policy. Control plane.
//
// Threads: one.   Memory: the draft, or the table.
// Failure: every mistake goes into the diagnostics, and reading goes on.
#pragma once

#include <string>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/base/toml.h"
#include "resolver/policy/options.h"

namespace cenote::rules {

/// A policy while its tables are being read.
struct PolicyDraft {
    explicit PolicyDraft(Diagnostics& found) : diagnostics(found) {}

    policy::Options policy;
    std::string timezone = "Asia/Seoul";  // [server].timezone, for every directive that names none
    std::vector<SourcePlace> broken;      // directives and allows with a value that could not be read
    Diagnostics& diagnostics;
};

/// Comes first: the modes `address` and `cname` of the others need its addresses and name.
void read_sinkhole(const TomlTable& root, PolicyDraft& draft);
void read_groups(const TomlTable& root, PolicyDraft& draft);
void read_directives(const TomlTable& root, PolicyDraft& draft);  // [[directive]] and [[allow]]

/// A [[directive]] by itself. What it takes from the configuration is added by complete_directive().
struct DirectiveTable {
    policy::Directive directive;
    bool has_timezone = false;
    SourcePlace answer_place;  // of the key `answer`, else of the table
};
[[nodiscard]] DirectiveTable read_directive(const TomlTable& table, Diagnostics& diagnostics);
/// With the time zone of the configuration where the table names none. An answer mode that needs an address or a name
/// which [sinkhole] does not give is an error.
[[nodiscard]] policy::Directive complete_directive(DirectiveTable table, const std::string& timezone,
                                                   const policy::SinkholeOptions& sinkhole, Diagnostics& diagnostics);
[[nodiscard]] policy::Allow read_allow(const TomlTable& table, Diagnostics& diagnostics);

/// The first error as a Status, for a document that is refused as a whole.
[[nodiscard]] Status first_error(const Diagnostics& diagnostics);

/// The table that reads as the same value; what has its default is left out.
std::string to_toml(const policy::SinkholeOptions& sinkhole);
std::string to_toml(const policy::Group& group);
std::string to_toml(const policy::Directive& directive);
std::string to_toml(const policy::Allow& allow);

}  // namespace cenote::rules
