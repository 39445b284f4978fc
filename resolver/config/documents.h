// SPDX-License-Identifier: Apache-2.0
//
// Directives and allows as documents: as TOML that says the same, and read from text that is in no file (what was made
// at the command line). Control plane.
//
// Threads: any.   Memory: values.   Failure: mistakes go into the diagnostics, each with the document's name as its
// file.
#pragma once

#include "resolver/base/digest.h"
#include "resolver/config/config.h"
#include "resolver/state/state.h"

namespace cenote::config {

struct Document {
    std::string name;  // stands for the file in what is said of it: "directive dns1-3"
    std::string text;  // [[directive]] and [[allow]] tables
};

/// What was made at the command line, besides the files.
struct Made {
    std::vector<Document> documents;
    std::optional<WallTime> suspended_until;
};

/// What is in force of these rules; of several suspensions the last.
Made made_of(const std::vector<state::Rule>& rules);

/// The policy of the files and what was made besides; nullptr when a document cannot be read.
std::shared_ptr<const policy::Options> with_documents(const Settings& settings, const Made& made,
                                                      Diagnostics& diagnostics);

/// Of all that decides: the same digest, the same verdicts (at the same time). `set_checksum`: of the set in use.
Sha256Digest policy_digest(const policy::Options& options, std::uint64_t set_checksum);

/// One [[directive]] or [[allow]] table that reads as `directive` or `allow` does.
std::string to_toml(const policy::Directive& directive);
std::string to_toml(const policy::Allow& allow);

}  // namespace cenote::config
