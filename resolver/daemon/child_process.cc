// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/child_process.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace cenote::daemon {

Status ChildProcess::start(std::vector<std::string> arguments) {
    std::string self = "/proc/self/exe";
    std::string name = "cenoted";
    std::vector<char*> words{name.data()};
    for (std::string& argument : arguments) words.push_back(argument.data());
    words.push_back(nullptr);
    const pid_t parent = ::getpid();
    // Until the child has no handler of this process: one would take the SIGTERM that is to end it.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t child = ::fork();
    if (child != 0) ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (child < 0) return Error{fmt::format("cannot start another process: {}", std::strerror(errno))};
    if (child == 0) {  // only async-signal-safe calls between fork and exec
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (::getppid() != parent) ::_exit(1);
        struct sigaction by_default {};
        by_default.sa_handler = SIG_DFL;
        ::sigaction(SIGTERM, &by_default, nullptr);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execv(self.c_str(), words.data());
        ::_exit(127);
    }
    pid_ = child;
    return Done{};
}

bool ChildProcess::running() {
    if (pid_ == 0) return false;
    if (::waitpid(pid_, nullptr, WNOHANG) == 0) return true;
    pid_ = 0;
    return false;
}

void ChildProcess::ask_to_end() const {
    if (pid_ != 0) ::kill(pid_, SIGTERM);
}

void ChildProcess::end() {
    if (pid_ == 0) return;
    ask_to_end();
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
}

}  // namespace cenote::daemon
