// SPDX-License-Identifier: Apache-2.0
//
// A program of the site's that is run with a text on its standard input, and what it writes. It gets a fixed
// environment, no descriptor beside the three standard ones, no capability, and a process group of its own.
//
// Threads:  the control thread, which never waits for it but in end().
// Memory:   the first bytes of the output.
// Failure:  Result: it could not be started. One that cannot be executed ends with code 127.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "resolver/base/fd.h"

namespace cenote::daemon {

class PipedProcess {
public:
    PipedProcess() = default;
    ~PipedProcess() { end(); }
    PipedProcess(const PipedProcess&) = delete;
    PipedProcess& operator=(const PipedProcess&) = delete;

    Status start(const Path& program, std::string_view input);
    [[nodiscard]] bool started() const noexcept { return pid_ != 0; }
    /// Reads what it wrote, and returns how it ended, as waitpid(2) gives it; nullopt: it runs.
    [[nodiscard]] std::optional<int> poll();
    /// Standard output and error; of a long output the beginning.
    [[nodiscard]] const std::string& output() const noexcept { return output_; }
    /// Kills it with all processes of its group, and waits for it.
    void end();

private:
    void read_output();

    pid_t pid_ = 0;
    UniqueFd from_it_;
    std::string output_;
};

}  // namespace cenote::daemon
