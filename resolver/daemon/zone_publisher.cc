// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/zone_publisher.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "blocklists/list_store.h"
#include "resolver/base/log.h"
#include "resolver/domainset/publish.h"

extern char** environ;

namespace cenote::daemon {
namespace {

constexpr seconds kLockPatience{1};

/// The tool beside this program, or where packages put it.
Path tool() {
    std::error_code error;
    const Path self = std::filesystem::read_symlink("/proc/self/exe", error);
    const Path beside = self.parent_path() / "cenote";
    return !error && std::filesystem::exists(beside, error) ? beside : Path("/usr/bin/cenote");
}

/// Its output goes to stderr. False: it failed, or could not be run.
bool run_update(const Path& config) {
    const std::string program = tool().string();
    std::array<std::string, 5> words{program, "--config", config.string(), "update", "--local"};
    std::array<char*, 6> arguments{};
    std::transform(words.begin(), words.end(), arguments.begin(), [](std::string& word) { return word.data(); });
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0) {
        log::error("cannot run {}: {}", program, std::strerror(failed));
        return false;
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool ZonePublisher::publish_delta(const transfer::SecondaryZoneOptions& zone, const StoredZoneVersion& before,
                                  const StoredZoneVersion& now) {
    const MutexLock lock(mutex_);
    const auto done = increments_.apply(zone.list, before, now);
    if (!done) log::warning("zone {}: {}; all is compiled", zone.zone.to_string(), done.error().text);
    return done && *done;
}

ZonePublisher::Outcome ZonePublisher::publish(const transfer::SecondaryZoneOptions& zone) {
    const MutexLock lock(mutex_);
    // The lock is released at once, for the tool to take: this only finds out that no other update is at work.
    if (!domainset::lock_for_publishing(settings_.set, kLockPatience)) return Outcome::NotPublished;
    if (run_update(settings_.file)) return Outcome::Published;
    const bool has_reason = !blocklists::ListStore(settings_.set).status(zone.list).error.empty();
    return has_reason ? Outcome::Refused : Outcome::NotPublished;
}

}  // namespace cenote::daemon
