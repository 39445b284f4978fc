// SPDX-License-Identifier: Apache-2.0
//
// The query log: a line for each hit, in a file that is closed by size and by day (UTC), compressed with zstd, and
// deleted after its time.
//
// A closed file is named after the time of its closing: queries.jsonl becomes queries-20261130T090000Z.jsonl.zst. Its
// digest is handed to the caller, for the audit trail. A file that was moved away by another program is left to that
// program, and a new one is begun. What a process that was killed has left is put right: a line that was begun is
// ended, a file of an earlier day is closed, a closed file is compressed.
//
// A wall clock that jumps ahead may be wrong, and what is deleted is gone: old files are then kept for another hour.
//
// Threads:  take() and end_round() on the reader's thread; closed files are compressed on another; the rest on any.
// Memory:   kBufferMax bytes of lines that are not written yet.
// Failure:  lines that cannot be written (a full disk) are lost and counted; problem() says why until a write succeeds.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/mutex.h"
#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/log_line.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks {

/// A file that was closed, and is complete.
struct ClosedLog {
    Path file;
    std::uint64_t lines = 0;
    std::string sha256;  // of the lines, uncompressed
};

class LogFile final : public HitSink {
public:
    static constexpr std::size_t kBufferMax = std::size_t{4} << 20;
    using OnClosed = std::function<void(const ClosedLog&)>;

    /// `on_closed` is called on the thread that compresses.
    LogFile(LogOptions options, LogOrigin origin, OnClosed on_closed);
    /// Writes what was taken, and waits until a closed file is compressed.
    ~LogFile() override;
    LogFile(const LogFile&) = delete;
    LogFile& operator=(const LogFile&) = delete;

    [[nodiscard]] Scope scope() const noexcept override { return options_.what; }
    void take(const HitRecord& record) override;
    void end_round(WallTime now) override;
    /// Of lines that are taken from now on, by any thread.
    void set_origin(LogOrigin origin);

    /// Has the file closed that is written, with what was taken by now, and waits until it is compressed. Called by
    /// another thread than the reader's, which must be at work.
    Status close_now();

    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::string problem() const;

private:
    Status write();
    Status write_all();
    Status open();
    Status end_torn_line();
    [[nodiscard]] bool has_current_file();
    Status close(WallTime now);
    Status close_if_old(WallTime now);
    void close_where_wanted(WallTime now);
    void fail(const std::string& why);
    void start_compressing(std::vector<Path> files);
    void compress(const Path& file);
    void look_at_old(WallTime now);

    const LogOptions options_;
    const OnClosed on_closed_;
    std::string buffer_;
    std::uint64_t buffered_lines_ = 0;
    std::uint64_t sequence_ = 0;
    UniqueFd file_;
    std::uint64_t size_ = 0;
    WallTime day_{};      // the day of the lines in the file
    WallTime written_{};  // the last write
    WallTime round_{};    // the last round
    WallTime looked_{};   // the last look for old files
    std::thread compressor_;
    std::atomic<std::uint64_t> lost_{0};
    mutable Mutex mutex_;
    LogOrigin origin_ CENOTE_GUARDED_BY(mutex_);
    std::condition_variable_any closed_;
    bool close_wanted_ CENOTE_GUARDED_BY(mutex_) = false;
    bool compressing_ CENOTE_GUARDED_BY(mutex_) = false;  // the thread that compresses is at work
    std::string problem_ CENOTE_GUARDED_BY(mutex_);
};

/// Reads a file of lines, writes it compressed to `to`, and syncs that. The digest and the number of lines are those of
/// `from`.
Result<ClosedLog> compress_log(const Path& from, const Path& to);

}  // namespace cenote::sinks
