// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/quic_program.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "resolver/base/log.h"
#include "resolver/config/config.h"

namespace cenote::daemon {
namespace {

constexpr int kQuicFailed = 1;

}  // namespace

int run_quic(const Path& config) {
    Path control = control::Options{}.socket;
    if (!config.empty()) {
        Diagnostics ignored;  // the daemon has reported them
        const auto settings = config::load(config, ignored);
        if (!settings) {
            log::error("{}: cannot be read; 'cenoted --check' says why", config.string());
            return kQuicFailed;
        }
        control = settings->control.socket;
    }
    std::error_code error;
    const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
    std::string program = (self.parent_path() / "cenote-quic").string();
    std::string option = "--socket";
    std::string socket = control.string();
    std::array<char*, 4> words{program.data(), option.data(), socket.data(), nullptr};
    ::execv(program.c_str(), words.data());
    log::error("cannot run {}: {}; install the package anew", program, std::strerror(errno));
    return kQuicFailed;
}

}  // namespace cenote::daemon
