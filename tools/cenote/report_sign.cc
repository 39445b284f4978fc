// SPDX-License-Identifier: Apache-2.0
#include "tools/cenote/report_sign.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

namespace cenote::cli {
namespace {

constexpr const char* kProgram = "minisign";

/// Runs minisign with the terminal of this process. The number that it exits with.
Result<int> run_minisign(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), kProgram);
    std::vector<char*> all;
    all.reserve(arguments.size() + 1);
    for (std::string& each : arguments) all.push_back(each.data());
    all.push_back(nullptr);
    pid_t child = 0;
    if (const int error = ::posix_spawnp(&child, kProgram, nullptr, nullptr, all.data(), environ); error != 0)
        return error == ENOENT ? Error{"reports are signed by the program minisign, which is not installed: apt install "
                                       "minisign"}
                               : Error{fmt::format("cannot run minisign: {}", std::strerror(error))};
    int status = 0;
    while (::waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return Error{fmt::format("cannot wait for minisign: {}", std::strerror(errno))};
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

Status sign_report(const Path& file, const Path& key) {
    std::error_code none;
    if (std::filesystem::is_directory(file, none))
        return Error{"a signature is of one file, not of a folder of tables; sign the report as json or html"};
    for (const Path* path : {&file, &key})
        if (::access(path->c_str(), R_OK) != 0)
            return Error{fmt::format("cannot read {}: {}", path->string(), std::strerror(errno))};
    // Made beside its place, so that a signature that fails leaves the one before.
    const Path signature = file.string() + ".minisig";
    const Path fresh = signature.string() + fmt::format(".{}", ::getpid());
    const auto code = run_minisign({"-S", "-s", key.string(), "-m", file.string(), "-x", fresh.string()});
    if (!code || *code != 0) {
        std::filesystem::remove(fresh, none);
        return code ? Error{fmt::format("minisign did not sign {} with {}", file.string(), key.string())}
                    : code.error();
    }
    std::error_code moved;
    std::filesystem::rename(fresh, signature, moved);
    if (moved) return Error{fmt::format("cannot write {}: {}", signature.string(), moved.message())};
    return Done{};
}

}  // namespace cenote::cli
