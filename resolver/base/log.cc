// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/log.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "resolver/base/mutex.h"
#include "resolver/base/printable.h"

namespace cenote::log {
namespace {

std::atomic<std::uint64_t> lines_dropped{0};

/// $JOURNAL_STREAM identifies the stream that systemd reads; stderr may be another one by now.
bool read_by_journal() noexcept {
    const char* stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
    char* end = nullptr;
    const auto device = std::strtoull(stream, &end, 10);
    if (*end != ':') return false;
    return device == status.st_dev && std::strtoull(end + 1, nullptr, 10) == status.st_ino;
}

std::string_view prefix(Level level) noexcept {
    static const bool kJournal = read_by_journal();
    switch (level) {
        case Level::Error: return kJournal ? "<3>" : "error: ";
        case Level::Warning: return kJournal ? "<4>" : "warning: ";
        case Level::Notice: return kJournal ? "<5>" : "";
        case Level::Info: return kJournal ? "<6>" : "";
    }
    return "";
}

/// True when all of `line` was written. After poll() reports a pipe as writable, a write of at most PIPE_BUF bytes does
/// not block; stderr itself stays in blocking mode, because it is often shared with the shell.
bool write_now(std::string_view line) noexcept {
    static Mutex mutex;  // or another thread could fill the pipe between poll() and write()
    const MutexLock lock(mutex);
    const auto sent = ::send(STDERR_FILENO, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK) return sent == static_cast<ssize_t>(line.size());
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
    return ::write(STDERR_FILENO, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

void write(Level level, std::string_view text) noexcept {
    std::array<char, PIPE_BUF> line;
    const auto start = prefix(level);
    auto* at = std::copy(start.begin(), start.end(), line.begin());
    // Text from outside must not start a new line or contain control sequences.
    at += copy_printable(text, std::span(at, line.size() - start.size() - 1));
    *at++ = '\n';
    if (!write_now({line.data(), static_cast<std::size_t>(at - line.begin())}))
        lines_dropped.fetch_add(1, std::memory_order_relaxed);
}

void error_lines(std::string_view text) noexcept {
    while (true) {
        const auto end = text.find('\n');
        write(Level::Error, text.substr(0, end));
        if (end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

std::uint64_t dropped() noexcept { return lines_dropped.load(std::memory_order_relaxed); }

}  // namespace cenote::log
