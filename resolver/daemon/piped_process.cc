// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/piped_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace cenote::daemon {
namespace {

constexpr std::size_t kOutputMax = 2000;

Error of_system(std::string_view what) { return {fmt::format("{}: {}", what, std::generic_category().message(errno))}; }

/// A file in memory with the text, at its begin: the program may read it at any pace without blocking the daemon.
Result<UniqueFd> file_with(std::string_view text) {
    UniqueFd file(::memfd_create("cenote-notify", MFD_CLOEXEC));
    if (!file.valid()) return of_system("cannot make a file in memory");
    while (!text.empty()) {
        const auto written = ::write(file.get(), text.data(), text.size());
        if (written <= 0) return of_system("cannot write a file in memory");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::lseek(file.get(), 0, SEEK_SET) != 0) return of_system("cannot rewind a file in memory");
    return file;
}

/// In the child, where only async-signal-safe functions may be called (signal-safety(7)).
[[noreturn]] void become(char* program, int input, int output) {
    constexpr int kCannotRun = 127;
    constexpr std::string_view kMessage = "it cannot be executed\n";
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // Above the standard ones first: dup2() must not overwrite one that is still needed.
    const int from = ::fcntl(input, F_DUPFD, 3);
    const int to = ::fcntl(output, F_DUPFD, 3);
    ::dup2(from, STDIN_FILENO);
    ::dup2(to, STDOUT_FILENO);
    ::dup2(to, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    struct sigaction by_default {};
    by_default.sa_handler = SIG_DFL;
    ::sigaction(SIGPIPE, &by_default, nullptr);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (::chdir("/") != 0) ::_exit(kCannotRun);
    std::array<char, 60> path{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"};
    std::array<char, 16> language{"LANG=C.UTF-8"};
    const std::array<char*, 3> environment{path.data(), language.data(), nullptr};
    const std::array<char*, 2> words{program, nullptr};
    ::execve(program, words.data(), environment.data());
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kMessage.data(), kMessage.size());
    ::_exit(kCannotRun);
}

}  // namespace

Status PipedProcess::start(const Path& program, std::string_view input) {
    end();
    output_.clear();
    const auto file = file_with(input);
    if (!file) return file.error();
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return of_system("cannot make a pipe");
    UniqueFd from_it(ends[0]);
    const UniqueFd to_us(ends[1]);
    if (::fcntl(to_us.get(), F_SETFL, 0) != 0) return of_system("cannot make a pipe");  // only this end may wait
    std::string path = program.string();
    const pid_t child = ::fork();
    if (child < 0) return of_system("cannot start another process");
    if (child == 0) become(path.data(), file->get(), to_us.get());
    ::setpgid(child, child);  // as the child does: whichever comes first, end() finds the group
    pid_ = child;
    from_it_ = std::move(from_it);
    return Done{};
}

std::optional<int> PipedProcess::poll() {
    if (pid_ == 0) return std::nullopt;
    int how = 0;
    const bool ended = ::waitpid(pid_, &how, WNOHANG) == pid_;
    read_output();
    if (!ended) return std::nullopt;
    pid_ = 0;
    from_it_.reset();
    return how;
}

void PipedProcess::end() {
    if (pid_ == 0) return;
    ::kill(-pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
    read_output();
    from_it_.reset();
}

/// At most what a pipe holds, so that a program that writes without end is no work without end.
void PipedProcess::read_output() {
    std::array<char, 4096> bytes{};
    for (int i = 0; i < 16; ++i) {
        const auto got = ::read(from_it_.get(), bytes.data(), bytes.size());
        if (got <= 0) return;
        output_.append(bytes.data(), std::min(static_cast<std::size_t>(got), kOutputMax - output_.size()));
    }
}

}  // namespace cenote::daemon
