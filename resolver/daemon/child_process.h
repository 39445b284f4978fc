// SPDX-License-Identifier: Apache-2.0
//
// This same program, once more, as a process of its own that ends with its parent.
//
// Threads:  the control thread.
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
    /// Does not wait: it may have a question to us first. The destructor does.
    void ask_to_end() const;

private:
    void end();
    pid_t pid_ = 0;
};

}  // namespace cenote::daemon
