// SPDX-License-Identifier: Apache-2.0
//
// A process that is killed before one of its system calls that change files, so that a test can kill at each of them.
#pragma once

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <functional>

namespace cenote::testing_support {

/// Whether a system call of this number can change a file or its place.
inline bool changes_files(std::uint64_t number) {
    switch (number) {
        case SYS_openat:
        case SYS_write:
        case SYS_fsync:
        case SYS_unlinkat:
        case SYS_mkdirat:
        case SYS_renameat:
        case SYS_renameat2:
        case SYS_utimensat:
#ifdef SYS_unlink
        case SYS_unlink:
        case SYS_mkdir:
        case SYS_rename:
        case SYS_open:
#endif
            return true;
        default: return false;
    }
}

enum class Ended : std::uint8_t { Killed, Done, Failed, NotTraced };

/// Runs `work` in a child and kills it before the call of that index (0: the first) which can change a file.
inline Ended run_and_kill(const std::function<bool()>& work, std::size_t index) {
    const pid_t child = ::fork();
    if (child == 0) {
        if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) ::_exit(2);
        ::raise(SIGSTOP);
        ::_exit(work() ? 0 : 1);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child) return Ended::NotTraced;
    if (WIFEXITED(status)) return Ended::NotTraced;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    for (std::size_t seen = 0;;) {
        if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0 || ::waitpid(child, &status, 0) != child)
            return Ended::NotTraced;
        if (WIFEXITED(status)) return WEXITSTATUS(status) == 0 ? Ended::Done : Ended::Failed;
        if (WIFSIGNALED(status)) return Ended::Failed;
        if (WSTOPSIG(status) != (SIGTRAP | 0x80)) continue;
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) <= 0) return Ended::NotTraced;
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY || !changes_files(info.entry.nr)) continue;
        if (seen++ != index) continue;
        ::kill(child, SIGKILL);
        ::waitpid(child, &status, 0);
        return Ended::Killed;
    }
}

}  // namespace cenote::testing_support
