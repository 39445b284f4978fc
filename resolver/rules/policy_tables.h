// SPDX-License-Identifier: Apache-2.0
//
// The tables of TOML that make up a policy: [sinkhole], [[group]], [[directive]], [[allow]]. They read the same in
// cenote.toml, in directives.d, in a rule made at the command line and in a stored policy. Control plane.
//
// Threads: one.   Memory: the draft.
// Failure: every mistake goes into PolicyDraft::diagnostics, and reading goes on.
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

    /// The first error of the diagnostics as a Status, for a document that is refused as a whole.
    [[nodiscard]] Status first_error() const;

    policy::Options policy;
    std::string timezone = "Asia/Seoul";  // [server].timezone, for every directive that names none
    std::vector<SourcePlace> broken;      // directives and allows with a value that could not be read
    Diagnostics& diagnostics;
};

/// Comes first: the modes `address` and `cname` of the others need its addresses and name.
void read_sinkhole(const TomlTable& root, PolicyDraft& draft);
void read_groups(const TomlTable& root, PolicyDraft& draft);
void read_directives(const TomlTable& root, PolicyDraft& draft);  // [[directive]] and [[allow]]

/// The table that reads as the same value; what has its default is left out.
std::string to_toml(const policy::SinkholeOptions& sinkhole);
std::string to_toml(const policy::Group& group);
std::string to_toml(const policy::Directive& directive);
std::string to_toml(const policy::Allow& allow);

}  // namespace cenote::rules
