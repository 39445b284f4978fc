// SPDX-License-Identifier: Apache-2.0
//
// Domain names in TOML, as people type them (wire/typed_name.h).
//
// Threads:  control plane, one thread.
// Memory:   values.
// Failure:  a Diagnostic with the place of the text; the result is then empty or lacks that name.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/toml.h"
#include "resolver/wire/typed_name.h"

namespace cenote::wire {

/// A part of the text that had to be removed to get the name is noted.
std::optional<Name> read_name(const TomlText& text, NameUse use, Diagnostics& diagnostics);
/// An array of names, each for itself and all names below it.
std::vector<Name> read_subtrees(const TomlTable& table, std::string_view key, Diagnostics& diagnostics);

}  // namespace cenote::wire
