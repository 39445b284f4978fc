// SPDX-License-Identifier: Apache-2.0
//
// Errors, warnings and notes on a file that a person wrote, each with its place. All are collected and shown at once.
//
// Threads:  control plane, one thread.
// Memory:   grows with the mistakes, which a file's size bounds.
// Failure:  none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cenote {

/// A place in a text that a person wrote. Lines and columns count from 1; 0: unknown.
struct SourcePlace {
    std::string file;
    std::uint32_t line = 0;
    std::uint32_t column = 0;

    /// "FILE:LINE:COL: ", without the parts that are unknown.
    [[nodiscard]] std::string to_string() const;
};

struct Diagnostic {
    enum class Severity : std::uint8_t { Error, Warning, Note };
    Severity severity = Severity::Error;
    SourcePlace place;
    std::string text;  // "what is wrong; what to do"

    /// "FILE:LINE:COL: what is wrong; what to do", with "warning: " or "note: " before the text.
    [[nodiscard]] std::string to_string() const;
};

class Diagnostics {
public:
    void error(SourcePlace place, std::string text) {
        add({Diagnostic::Severity::Error, std::move(place), std::move(text)});
    }
    void warning(SourcePlace place, std::string text) {
        add({Diagnostic::Severity::Warning, std::move(place), std::move(text)});
    }
    void note(SourcePlace place, std::string text) {
        add({Diagnostic::Severity::Note, std::move(place), std::move(text)});
    }
    /// One that was found before.
    void add(Diagnostic diagnostic);

    [[nodiscard]] bool has_errors() const noexcept { return errors_ != 0; }
    [[nodiscard]] const std::vector<Diagnostic>& all() const noexcept { return all_; }

private:
    std::vector<Diagnostic> all_;
    std::size_t errors_ = 0;
};

/// The errors, a line for each.
[[nodiscard]] std::string all_errors(const Diagnostics& diagnostics);

/// The one of `known` nearest to a word, whatever the case of ASCII letters: by an edit distance of at most a
/// third, else the shortest that contains it; empty: none is near.
std::string nearest(std::string_view misspelt, const std::vector<std::string>& known);

}  // namespace cenote
