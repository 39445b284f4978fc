// SPDX-License-Identifier: Apache-2.0
//
// Searching and copying the files of the query log, which the daemon has opened. Private to the tool.
//
// Threads:  one.
// Memory:   a line, and where only the newest are wanted so many.
// Failure:  what is damaged is named with its file and line, and left out; all else is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/sinks/hit_filter.h"
#include "resolver/sinks/log_files.h"
#include "resolver/sinks/logged_hit.h"
#include "resolver/wire/name.h"

namespace cenote::cli {

struct OpenLogFile {
    std::string path;
    bool open = false;  // it is still being written
    std::shared_ptr<const UniqueFd> fd;
};

struct LogQuestion {
    sinks::LogSpan span;
    sinks::HitFilter filter;
    std::optional<wire::Name> name;  // it and all below it
    std::size_t limit = 0;           // the newest so many; 0: all

    [[nodiscard]] bool takes(const sinks::LoggedHit& hit) const;
};

struct FoundLine {
    std::string line;
    sinks::LoggedHit hit;
};

/// Gets a sentence about what is damaged.
using OnDamage = std::function<void(const std::string&)>;

/// Calls `on_found` for each line that the question takes, the oldest first.
void search_log(const std::vector<OpenLogFile>& files, const LogQuestion& question,
                const std::function<void(const FoundLine&)>& on_found, const OnDamage& on_damage);

struct ExportedLog {
    std::uint64_t lines = 0;
    std::string sha256;
};

/// Writes the lines of a span as they are into a new file of mode 0600, which has its name only when it is whole.
Result<ExportedLog> export_log(const std::vector<OpenLogFile>& files, const sinks::LogSpan& span, const Path& to,
                               const OnDamage& on_damage);

}  // namespace cenote::cli
