// SPDX-License-Identifier: Apache-2.0
//
// Writes a new file of lines of the query log, plain or compressed with zstd.
//
// Threads:  one.
// Memory:   the buffers of zstd.
// Failure:  Result with one line; what was written by then stays, for the caller to delete.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::sinks {

class LogWriter {
public:
    /// The file must not exist.
    static Result<LogWriter> create(const Path& file, bool compressed);

    Status write(ByteView bytes);
    /// Ends the file, and syncs it.
    Status finish();

private:
    using Context = std::unique_ptr<void, void (*)(void*)>;
    LogWriter(const Path& file, UniqueFd fd, bool compressed);
    Status pack(ByteView bytes, bool last);
    Status write_raw(ByteView bytes);

    Path file_;
    UniqueFd fd_;
    std::vector<std::uint8_t> packed_;
    Context context_;  // of zstd; null: the file is plain
};

}  // namespace cenote::sinks
