// SPDX-License-Identifier: Apache-2.0
//
// The files that a configuration is read from: as the disk has them, or as they were when a configuration was stored.
// Private to config.
//
// Threads:  one.
// Memory:   the text of every file that was read.
// Failure:  a file that is missing or cannot be read is an Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/state/state.h"

namespace cenote::config {

class SourceFiles {
public:
    SourceFiles() = default;  // the disk
    explicit SourceFiles(std::vector<state::ConfigurationFile> stored) : files_(std::move(stored)), stored_(true) {}

    Result<std::string> read(const Path& path, std::size_t bytes_max);
    /// The files `*.toml` of a folder in the order of their names; none where the folder is missing.
    [[nodiscard]] Result<std::vector<Path>> toml_files_in(const Path& folder) const;
    /// How a place in a file is shown.
    [[nodiscard]] std::string shown_name(const Path& path) const;
    /// All that was read.
    [[nodiscard]] const std::vector<state::ConfigurationFile>& all() const noexcept { return files_; }

private:
    std::vector<state::ConfigurationFile> files_;
    bool stored_ = false;
};

/// A text in which all lines but those of one table are empty, so that the table can be read although other lines have
/// mistakes in their syntax; nullopt: no line begins the table.
[[nodiscard]] std::optional<std::string> only_table(std::string_view text, std::string_view name);

}  // namespace cenote::config
