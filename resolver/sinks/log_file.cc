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
#include <utility>

#include "resolver/base/time_text.h"

namespace cenote::sinks {
namespace {

constexpr std::size_t kWriteAt = std::size_t{64} << 10;
constexpr seconds kWriteEvery{1};
constexpr seconds kRemoveEvery{3600};
constexpr mode_t kMode = 0640;
constexpr std::string_view kCompressed = ".zst";

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
            !std::filesystem::exists(name.string() + std::string(kCompressed), none))
            return name;
    }
}

bool is_same_file(int fd, const Path& path) {
    struct stat open {};
    struct stat named {};
    return ::fstat(fd, &open) == 0 && ::stat(path.c_str(), &named) == 0 && open.st_ino == named.st_ino &&
           open.st_dev == named.st_dev;
}

}  // namespace

LogFile::LogFile(LogOptions options, LogOrigin origin, OnClosed on_closed)
    : options_(std::move(options)), origin_(std::move(origin)), on_closed_(std::move(on_closed)) {}

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
    buffer_ += log_line(options_.format, record, origin_, ++sequence_);
    buffer_ += '\n';
    ++buffered_lines_;
}

void LogFile::end_round(WallTime now) {
    if (now - removed_ >= kRemoveEvery || now < removed_) {
        removed_ = now;
        remove_old(now);
    }
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
        ::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, kMode));
    if (!file_.valid()) return Error{reason("open", options_.file)};
    struct stat there {};
    if (::fstat(file_.get(), &there) != 0 || !S_ISREG(there.st_mode)) {
        file_.reset();
        return Error{fmt::format("cannot write {}: it is no regular file", options_.file.string())};
    }
    size_ = static_cast<std::uint64_t>(there.st_size);
    return Done{};
}

Status LogFile::write() {
    if (buffer_.empty()) return Done{};
    if (file_.valid() && !is_same_file(file_.get(), options_.file)) file_.reset();
    if (!file_.valid())
        if (auto opened = open(); !opened) return opened;
    std::size_t done = 0;
    while (done < buffer_.size()) {
        const ssize_t size = ::write(file_.get(), buffer_.data() + done, buffer_.size() - done);
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) {
            // A line that was begun is taken back: the next one must not follow in the same line.
            Error error{reason("write", options_.file)};
            if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) file_.reset();
            return error;
        }
        done += static_cast<std::size_t>(size);
    }
    size_ += buffer_.size();
    buffer_.clear();
    buffered_lines_ = 0;
    return Done{};
}

Status LogFile::close(WallTime now) {
    if (auto written = write(); !written) return written;
    const UniqueFd file = std::exchange(file_, UniqueFd());
    size_ = 0;
    if (::fsync(file.get()) != 0) return Error{reason("sync", options_.file)};
    const Path closed = closed_name(options_.file, now);
    if (::rename(options_.file.c_str(), closed.c_str()) != 0) return Error{reason("rename", options_.file)};
    if (compressor_.joinable()) compressor_.join();
    compressor_ = std::thread([this, closed] { compress(closed); });
    return Done{};
}

void LogFile::compress(const Path& file) {
    const Path to = file.string() + std::string(kCompressed);
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

/// A file is as old as the time in its name: its own times change with every copy.
void LogFile::remove_old(WallTime now) const {
    const std::string before = fmt::format("{}-", options_.file.stem().string());
    const std::string oldest = before + stamp(now - options_.keep);
    std::error_code error;
    for (auto entry = std::filesystem::directory_iterator(options_.file.parent_path(), error);
         !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        const std::string name = entry->path().filename().string();
        const bool ours = name.starts_with(before) && name.size() > oldest.size() && name[oldest.size() - 1] == 'Z' &&
                          name.find(options_.file.extension().string()) != std::string::npos;
        if (ours && name.compare(0, oldest.size(), oldest) < 0) ::unlink(entry->path().c_str());
    }
}

}  // namespace cenote::sinks
