// SPDX-License-Identifier: Apache-2.0
//
// Copying lines of the query log, whose files the daemon has opened, into a file. Private to the tool.
//
// Threads:  one.
// Memory:   a buffer.
// Failure:  what is damaged is named with its file and line, and left out; a file that cannot be written is an Error.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "resolver/sinks/logged_lines.h"

namespace cenote::cli {

struct ExportedLog {
    std::uint64_t lines = 0;
    std::string sha256;
};

/// Writes the lines of a span as they are into a new file of mode 0600, which has its name only when it is whole.
Result<ExportedLog> export_log(const std::vector<sinks::OpenLogFile>& files, const sinks::LogSpan& span, const Path& to,
                               const sinks::OnDamage& on_damage);

}  // namespace cenote::cli
