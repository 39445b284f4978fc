// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/earlier_logs.h"

#include <set>
#include <string>

#include "resolver/sinks/log_files.h"
#include "resolver/state/trail_reads.h"

namespace cenote::daemon {

/// "queries-20261130T090000Z-1.jsonl.zst" is of "queries.jsonl": the part from a hyphen to the extension is left out.
Path log_of_closed(const Path& closed) {
    std::string name = closed.filename().string();
    if (name.ends_with(sinks::kCompressedLog)) name.resize(name.size() - sinks::kCompressedLog.size());
    const std::string extension = Path(name).extension().string();
    const std::string stem = Path(name).stem().string();
    for (auto hyphen = stem.rfind('-'); hyphen != std::string::npos && hyphen > 0;
         hyphen = stem.rfind('-', hyphen - 1)) {
        Path log = closed.parent_path() / (stem.substr(0, hyphen) + extension);
        if (sinks::parse_closed_name(log, name)) return log;
    }
    return {};
}

Result<std::vector<Path>> files_of_earlier_logs(const Path& state, const Path& current) {
    const auto records = state::read_records(state, "log close");
    if (!records) return records.error();
    std::set<Path> logs;
    for (const auto& [node, record] : *records)
        if (node.empty()) logs.insert(log_of_closed(record.object));
    logs.erase(current);
    logs.erase(Path());
    std::vector<Path> files;
    for (const Path& log : logs)
        for (const sinks::LogPart& part : sinks::log_files(log, {})) files.push_back(part.file);
    return files;
}

}  // namespace cenote::daemon
