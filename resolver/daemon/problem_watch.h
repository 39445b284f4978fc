// SPDX-License-Identifier: Apache-2.0
//
// Which problems have begun and which are over since the last look, over restarts too: each is announced once.
//
// Threads:  the control thread.
// Time:     an argument.
// Memory:   the problems that are known.
// Failure:  a file that cannot be read counts as one without problems: they are announced once more.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/report/problems.h"

namespace cenote::daemon {

struct ProblemChanges {
    std::vector<report::Problem> begun;
    std::vector<report::Problem> ended;
};

class ProblemWatch {
public:
    using Known = std::map<std::string, report::Problem, std::less<>>;  // by key

    /// Problems that an earlier run announced.
    void remember(std::vector<report::Problem> announced);
    /// Compares what is found now with the last look. A remembered problem that is
    /// not found, and cannot be judged yet by `condition`, lasts; one whose begin may not have arrived begins again.
    [[nodiscard]] ProblemChanges look(std::vector<report::Problem> found, const report::Condition& condition);
    [[nodiscard]] const Known& known() const noexcept { return known_; }

private:
    Known known_;
    std::set<std::string, std::less<>> unconfirmed_;  // keys that were remembered, and not found in this run yet
};

/// The problems that were announced, as a file between two runs keeps them.
[[nodiscard]] std::vector<report::Problem> read_announced(const Path& file);
[[nodiscard]] std::string announced_text(const ProblemWatch::Known& announced);

}  // namespace cenote::daemon
