// SPDX-License-Identifier: Apache-2.0
//
// Charts in the characters of a terminal. Private to document.
//
// Threads: pure.   Memory: the lines.   Failure: none.
#pragma once

#include <string>
#include <vector>

#include "resolver/document/section.h"

namespace cenote::document {

/// Lines of at most `columns`. A place that is not known has "?".
[[nodiscard]] std::vector<std::string> chart_lines(const Chart& chart, std::size_t columns);

}  // namespace cenote::document
