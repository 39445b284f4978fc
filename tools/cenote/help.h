// SPDX-License-Identifier: Apache-2.0
//
// --help and `cenote help`: verbs below headings, lines within the width of the terminal, and the line for a mistake on
// the command line. All of it is generated from the definitions of the parser. Private to the tool.
//
// Threads: one.   Memory: the texts.   Failure: find_verb(): Result with one line.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "resolver/base/result.h"

namespace cenote::cli {

/// Gives `app`, and the verbs that are added to it later, their form of help. `app` has no verbs yet.
void set_help_format(CLI::App& app);

/// The verb whose words are given, as {"exception", "request"}; no words: `app` itself.
Result<const CLI::App*> find_verb(const CLI::App& app, const std::vector<std::string>& words);

/// "cenote exception request": the program and the verbs on the parsed command line.
[[nodiscard]] std::string verb_words(const CLI::App& app);

/// Whether the command line names a verb that does not exist; --help beside it explains nothing.
[[nodiscard]] bool names_unknown_verb(const CLI::App& app);

/// What is wrong with the command line that `app` could not parse.
[[nodiscard]] std::string explain_mistake(const CLI::App& app, const CLI::ParseError& mistake);

}  // namespace cenote::cli
