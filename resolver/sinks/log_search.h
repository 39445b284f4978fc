// SPDX-License-Identifier: Apache-2.0
//
// The lines of one client in the query log: how many a file has, and a copy of the file without them.
//
// A client is looked for as lines name it, by addresses and pseudonyms, in every format: [log].format may have changed.
// A name that was queried cannot look like a client, because each format escapes it.
//
// Threads:  any.
// Memory:   that of LogReader and a line.
// Failure:  Result with one line; a copy that was not finished is deleted.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::sinks {

/// Finds lines that name one of some clients.
class ClientLines {
public:
    /// `clients`: addresses and pseudonyms as text.
    explicit ClientLines(const std::vector<std::string>& clients);
    [[nodiscard]] bool has(std::string_view line) const;

private:
    std::vector<std::string> in_json_;  // with their keys
    std::vector<std::string> in_cef_;
};

struct LogLines {
    std::uint64_t all = 0;
    std::uint64_t found = 0;
    std::string sha256;  // of all lines, uncompressed
};
/// Reads a file, compressed or not. `stopping` ends it with an Error.
Result<LogLines> search_log(const Path& file, const ClientLines& clients, const std::atomic<bool>& stopping);

/// A copy of a closed file without some lines, which is not in its place yet.
struct LogCopy {
    Path file;
    Path copy;
    LogLines before;
    std::uint64_t lines = 0;
    std::string sha256;
};
Result<LogCopy> copy_without(const Path& file, const ClientLines& clients, const std::atomic<bool>& stopping);
/// Puts the copy in the place of the file. One that was deleted or compressed meanwhile is an Error.
Status replace_log(const LogCopy& copy);

}  // namespace cenote::sinks
