// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/log_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>

#include "resolver/base/time_text.h"
#include "resolver/sinks/log_files.h"

namespace cenote::sinks {
namespace {

constexpr std::size_t kWriteAt = std::size_t{64} << 10;
constexpr seconds kWriteEvery{1};
constexpr seconds kLookEvery{3600};
constexpr seconds kJump{60};  // rounds are a tenth of a second apart
constexpr mode_t kMode = 0640;

WallTime day_of(WallTime at) {
    return std::chrono::time_point_cast<seconds>(std::chrono::floor<std::chrono::days>(at));
}

/// "20261130T090000Z"
std::string stamp(WallTime at) {
    std::string text = format_time(at);
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

std::string reason(const char* what, const Path& path) {
    return fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(errno));
}

/// queries.jsonl as queries-20261130T090000Z.jsonl; with a number where that name is taken.
Path closed_name(const Path& file, WallTime at) {
    for (int number = 0;; ++number) {
        const std::string suffix = number == 0 ? "" : fmt::format("-{}", number);
        Path name = file.parent_path() /
                    fmt::format("{}-{}{}{}", file.stem().string(), stamp(at), suffix, file.extension().string());
        std::error_code none;
        if (!std::filesystem::exists(name, none) &&
            !std::filesystem::exists(name.string() + std::string(kCompressedLog), none))
            return name;
    }
}

/// Whether a copy of a closed file was left by a process that was killed: one that is being made is younger.
bool is_left_over(const Path& copy, WallTime now) {
    struct stat there {};
    return ::stat(copy.c_str(), &there) == 0 && WallTime(seconds(there.st_mtim.tv_sec)) + kLookEvery < now;
}

}  // namespace

LogFile::LogFile(LogOptions options, LogOrigin origin, OnClosed on_closed)
    : options_(std::move(options)), on_closed_(std::move(on_closed)), origin_(std::move(origin)) {}

LogFile::~LogFile() {
    if (auto written = write(); !written) fail(written.error().text);
    if (file_.valid()) ::fsync(file_.get());
    if (compressor_.joinable()) compressor_.join();
}

std::string LogFile::problem() const {
    const MutexLock lock(mutex_);
    return problem_;
}

void LogFile::take(const HitRecord& record) {
    if (buffer_.size() > kBufferMax) {
        lost_.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    {
        const MutexLock lock(mutex_);
        buffer_ += log_line(options_.format, record, origin_, ++sequence_);
    }
    buffer_ += '\n';
    ++buffered_lines_;
}

void LogFile::set_origin(LogOrigin origin) {
    const MutexLock lock(mutex_);
    origin_ = std::move(origin);
}

void LogFile::end_round(WallTime now) {
    if (round_ != WallTime() && now - round_ > kJump) looked_ = now;
    round_ = now;
    if (now - looked_ >= kLookEvery || now < looked_) {
        looked_ = now;
        look_at_old(now);
        if (auto closed = close_if_old(now); !closed) return fail(closed.error().text);
    }
    close_where_wanted(now);
    const bool other_day = file_.valid() && day_of(now) != day_;
    if (file_.valid() && size_ != 0 && (other_day || size_ >= options_.max_size)) {
        if (auto closed = close(now); !closed) return fail(closed.error().text);
    }
    day_ = day_of(now);
    if (buffer_.empty() || (buffer_.size() < kWriteAt && now - written_ < kWriteEvery && now >= written_)) return;
    written_ = now;
    if (auto written = write(); !written) return fail(written.error().text);
    const MutexLock lock(mutex_);
    problem_.clear();
}

/// What cannot be written is given up: a log that catches up later would have to be kept in memory.
void LogFile::fail(const std::string& why) {
    lost_.fetch_add(buffered_lines_, std::memory_order_relaxed);
    buffer_.clear();
    buffered_lines_ = 0;
    const MutexLock lock(mutex_);
    problem_ = why;
}

Status LogFile::open() {
    file_.reset(
        ::open(options_.file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode));
    if (!file_.valid()) return Error{reason("open", options_.file)};
    struct stat there {};
    if (::fstat(file_.get(), &there) != 0 || !S_ISREG(there.st_mode)) {
        file_.reset();
        return Error{fmt::format("cannot write {}: it is no regular file", options_.file.string())};
    }
    size_ = static_cast<std::uint64_t>(there.st_size);
    return end_torn_line();
}

Status LogFile::end_torn_line() {
    char last = '\n';
    if (size_ == 0 || (::pread(file_.get(), &last, 1, static_cast<off_t>(size_ - 1)) == 1 && last == '\n'))
        return Done{};
    if (::write(file_.get(), "\n", 1) != 1) {
        Error error{reason("write", options_.file)};
        file_.reset();
        return error;
    }
    ++size_;
    return Done{};
}

/// Another program may have moved the file away, or cut it.
bool LogFile::has_current_file() {
    struct stat open {};
    struct stat named {};
    if (!file_.valid() || ::fstat(file_.get(), &open) != 0 || ::stat(options_.file.c_str(), &named) != 0 ||
        open.st_ino != named.st_ino || open.st_dev != named.st_dev)
        return false;
    size_ = static_cast<std::uint64_t>(open.st_size);
    return true;
}

Status LogFile::write() {
    if (buffer_.empty()) return Done{};
    if (!has_current_file())
        if (auto opened = open(); !opened) return opened;
    if (auto written = write_all(); !written) {
        // A line that was begun is taken back: the next one must not follow in the same line.
        if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_.reset();
        return written;
    }
    size_ += buffer_.size();
    buffer_.clear();
    buffered_lines_ = 0;
    return Done{};
}

Status LogFile::write_all() {
    std::size_t done = 0;
    while (done < buffer_.size()) {
        const ssize_t size = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return Error{reason("write", options_.file)};
        done += static_cast<std::size_t>(size);
    }
    return Done{};
}

Status LogFile::close(WallTime now) {
    if (auto written = write(); !written) return written;
    const bool is_ours = has_current_file();
    const UniqueFd file = std::exchange(file_, UniqueFd());
    size_ = 0;
    if (!is_ours) return Done{};
    if (::fsync(file.get()) != 0) return Error{reason("sync", options_.file)};
    const Path closed = closed_name(options_.file, now);
    if (::rename(options_.file.c_str(), closed.c_str()) != 0) return Error{reason("rename", options_.file)};
    start_compressing({closed});
    return Done{};
}

/// A file that no line was written to since the start may be of an earlier day.
Status LogFile::close_if_old(WallTime now) {
    struct stat there {};
    if (file_.valid() || ::lstat(options_.file.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return Done{};
    const WallTime last_line{seconds(there.st_mtim.tv_sec)};
    if (there.st_size == 0 || day_of(last_line) >= day_of(now)) return Done{};
    if (auto opened = open(); !opened) return opened;
    return close(now);
}

void LogFile::start_compressing(std::vector<Path> files) {
    if (compressor_.joinable()) compressor_.join();
    {
        const MutexLock lock(mutex_);
        compressing_ = true;
    }
    compressor_ = std::thread([this, files = std::move(files)] {
        for (const Path& file : files) compress(file);
        const MutexLock lock(mutex_);
        compressing_ = false;
        closed_.notify_all();
    });
}

void LogFile::close_where_wanted(WallTime now) {
    {
        const MutexLock lock(mutex_);
        if (!close_wanted_) return;
    }
    Status done = write();
    std::error_code none;
    if (done && !file_.valid() && std::filesystem::exists(options_.file, none)) done = open();  // of an earlier process
    if (done && file_.valid() && size_ != 0) done = close(now);
    if (!done) fail(done.error().text);
    const MutexLock lock(mutex_);
    close_wanted_ = false;
    closed_.notify_all();
}

Status LogFile::close_now() {
    constexpr seconds kPatience{30};
    const MutexLock lock(mutex_);
    close_wanted_ = true;
    const auto limit = std::chrono::steady_clock::now() + kPatience;
    while (close_wanted_)
        if (closed_.wait_until(mutex_, limit) == std::cv_status::timeout)
            return Error{"the query log is not written at present; try again"};
    while (compressing_) closed_.wait(mutex_);
    return problem_.empty() ? Status(Done{}) : Status(Error{problem_});
}

void LogFile::compress(const Path& file) {
    const Path to = file.string() + std::string(kCompressedLog);
    ::unlink(to.c_str());  // a process that was killed may have begun it
    auto closed = compress_log(file, to);
    if (closed) {
        ::unlink(file.c_str());
        if (on_closed_) on_closed_(*closed);
        return;
    }
    ::unlink(to.c_str());
    const MutexLock lock(mutex_);
    problem_ = closed.error().text;
}

/// Deletes closed files whose time is over and copies that were left, and compresses closed files that a process before
/// this one closed. A file is as old as the time in its name: its own times change with every copy.
void LogFile::look_at_old(WallTime now) {
    std::vector<Path> left_over;
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(options_.file.parent_path(), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string file = entry->path().filename().string();
        std::string_view name = file;
        const bool is_copy = name.ends_with(kCopyOfLog);
        if (is_copy) name.remove_suffix(kCopyOfLog.size());
        const auto closed = parse_closed_name(options_.file, name);
        if (!closed) continue;
        if (closed->at < now - options_.keep || (is_copy && is_left_over(entry->path(), now)))
            ::unlink(entry->path().c_str());
        else if (!is_copy && !name.ends_with(kCompressedLog))
            left_over.push_back(entry->path());
    }
    if (left_over.empty()) return;
    {
        const MutexLock lock(mutex_);
        if (compressing_) return;
    }
    start_compressing(std::move(left_over));
}

}  // namespace cenote::sinks
