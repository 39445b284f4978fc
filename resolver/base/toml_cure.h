// SPDX-License-Identifier: Apache-2.0
//
// What to do about a mistake in the syntax of a TOML file: the habit behind it, by the line where the parser gave up.
//
// Threads:  pure. Control plane.
// Memory:   the text.
// Failure:  none.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cenote {

/// The cure for a mistake in this line, counted from 1: "write the text in quotes: id = \"2026-014\"".
[[nodiscard]] std::string syntax_cure(std::string_view text, std::uint32_t line);

}  // namespace cenote
