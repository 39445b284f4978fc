// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/check_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "resolver/base/printable.h"
#include "resolver/report/fields.h"
#include "tools/cenote/print.h"

namespace cenote::cli {
namespace {

namespace field = report::field;

constexpr std::size_t kProblemsShown = 8;

/// One line: a plugin's text ends at a bar, behind which performance data would be.
std::string in_one_line(std::string_view text) {
    std::string line = printable(text);
    std::ranges::replace(line, '|', '/');
    return line;
}

std::vector<std::string> of_severity(const Json& problems, std::string_view severity) {
    std::vector<std::string> texts;
    for (const Json& problem : problems)
        if (cell(problem, field::kSeverity) == severity) texts.push_back(cell(problem, field::kWhat));
    return texts;
}

}  // namespace

CheckResult check_problems(const Json& problems, std::string_view well) {
    std::vector<std::string> shown = of_severity(problems, "error");
    const bool critical = !shown.empty();
    std::ranges::move(of_severity(problems, "warning"), std::back_inserter(shown));
    if (shown.empty()) {
        const std::size_t notices = of_severity(problems, "notice").size();
        return {Exit::Done,
                in_one_line(fmt::format("OK - {}{}", well, notices == 0 ? "" : fmt::format(", {} notices", notices)))};
    }
    const std::size_t more = shown.size() - std::min(shown.size(), kProblemsShown);
    shown.resize(shown.size() - more);
    return {critical ? Exit::Critical : Exit::Failed,
            in_one_line(fmt::format("{} - {}{}", critical ? "CRITICAL" : "WARNING", fmt::join(shown, "; "),
                                    more == 0 ? "" : fmt::format("; and {} more", more)))};
}

CheckResult check_without_answer(const Error& error) {
    return {Exit::Unknown,
            in_one_line("UNKNOWN - cenoted does not answer: " + error.text.substr(0, error.text.find('\n')))};
}

}  // namespace cenote::cli
