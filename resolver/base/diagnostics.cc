// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/diagnostics.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/letter_case.h"

namespace cenote {
namespace {

/// The least number of letters to insert, delete, replace or swap with a neighbour that turns one word into the other.
std::size_t edit_distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> before_last(to.size() + 1);
    std::vector<std::size_t> last(to.size() + 1);
    std::vector<std::size_t> row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            const std::size_t replace = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, replace});
            const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[to.size()];
}

/// The shortest of `known` that contains the word; empty: none does.
std::string containing(const std::string& word, const std::vector<std::string>& known) {
    constexpr std::size_t kWordMin = 3;  // a shorter one is part of nearly everything
    const std::string* best = nullptr;
    if (word.size() < kWordMin) return {};
    for (const auto& candidate : known)
        if ((best == nullptr || candidate.size() < best->size()) &&
            fold_case(candidate).find(word) != std::string::npos)
            best = &candidate;
    return best != nullptr ? *best : std::string();
}

}  // namespace

std::string SourcePlace::to_string() const {
    std::string text = file;
    if (line != 0) text += fmt::format(":{}:{}", line, column);
    return text.empty() ? text : text + ": ";
}

std::string Diagnostic::to_string() const {
    std::string line = place.to_string();
    if (severity == Severity::Warning) line += "warning: ";
    if (severity == Severity::Note) line += "note: ";
    return line + text;
}

void Diagnostics::add(Diagnostic diagnostic) {
    if (diagnostic.severity == Diagnostic::Severity::Error) ++errors_;
    all_.push_back(std::move(diagnostic));
}

std::string all_errors(const Diagnostics& diagnostics) {
    std::string text;
    for (const Diagnostic& diagnostic : diagnostics.all()) {
        if (diagnostic.severity != Diagnostic::Severity::Error) continue;
        if (!text.empty()) text += '\n';
        text += diagnostic.to_string();
    }
    return text;
}

std::string nearest(std::string_view misspelt, const std::vector<std::string>& known) {
    const std::string word = fold_case(misspelt);
    std::string best;
    std::size_t best_distance = 0;
    for (const auto& candidate : known) {
        const std::size_t longer = std::max(word.size(), candidate.size());
        const std::size_t shorter = std::min(word.size(), candidate.size());
        if (longer - shorter > longer / 3) continue;  // a cheap lower bound of the distance
        const std::size_t distance = edit_distance(word, fold_case(candidate));
        if (distance > longer / 3 || (!best.empty() && distance >= best_distance)) continue;
        best = candidate;
        best_distance = distance;
    }
    return best.empty() ? containing(word, known) : best;
}

}  // namespace cenote
