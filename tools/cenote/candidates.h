// SPDX-License-Identifier: Apache-2.0
//
// The words that may stand at a place of the command line. The scripts of `cenote completion` run
//
//   cenote complete WORD... CURRENT
//
// with the words before the cursor and the beginning of the one under it. Each line of the output is a candidate with,
// after a tab, its description; the line ":files" stands for the names of files. Verbs and options are those of the
// parser; ids, services and groups are those of the daemon, and none where it does not reply within two seconds.
// `complete` is for these scripts, and in no list of verbs. Private to the tool.
//
// Threads: one.   Time: a timer of the process.   Memory: the candidates.   Failure: none; there are no candidates.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/cenote/session.h"

namespace cenote::cli {

inline constexpr std::string_view kCompleteWord = "complete";

struct Candidate {
    std::string word;
    std::string description;

    friend bool operator==(const Candidate&, const Candidate&) = default;
};

/// What an option or argument names.
enum class Named {
    Nothing,
    Files,
    Verbs,
    Services,
    Targets,
    Directives,
    EveryDirective,  // those too that were lifted
    Suspensions,
    Exceptions,
    Groups,
    Vendors,
    Categories,
    Jurisdictions,
    Roles
};

/// Names from the daemon.
using Names = std::function<std::vector<Candidate>(Named what)>;

/// Those that begin with the last of `words`.
[[nodiscard]] std::vector<Candidate> candidates(const CLI::App& app, const std::vector<std::string>& words,
                                                const Names& names);

/// Runs `complete`; the exit code.
int print_candidates(const CLI::App& app, Session& session, const std::vector<std::string>& words);

}  // namespace cenote::cli
