// SPDX-License-Identifier: Apache-2.0
//
// A child process that runs this same program, and ends with its parent.
//
// Threads:  the control thread.
// Memory:   none.
// Failure:  Result: it could not be started.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "resolver/base/result.h"

namespace cenote::daemon {

class ChildProcess {
public:
    ChildProcess() = default;
    ~ChildProcess() { end(); }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    Status start(std::vector<std::string> arguments);
    [[nodiscard]] bool running();
    /// Sends SIGTERM and returns: the child may send a request to this process before it ends. The destructor waits.
    void ask_to_end() const;

private:
    void end();
    pid_t pid_ = 0;
};

}  // namespace cenote::daemon
