// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/transfer_process.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "resolver/base/log.h"
#include "resolver/config/config.h"
#include "resolver/daemon/secondary_zone_thread.h"
#include "resolver/daemon/zone_publisher.h"

namespace cenote::daemon {
namespace {

constexpr mode_t kSocketMode = 0660;  // the daemon is in the group of the folder

Path socket_beside(const Path& set) { return Path(set).concat(".zones"); }

sockaddr_un address_of(const Path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string& text = path.native();
    std::memcpy(address.sun_path, text.c_str(), std::min(text.size(), sizeof address.sun_path - 1));
    return address;
}

/// The secondary zones of one configuration.
struct SecondaryZones {
    explicit SecondaryZones(config::Settings read) : settings(std::move(read)) {
        for (const transfer::SecondaryZoneOptions& zone : settings.transfer.secondary_zones)
            threads.push_back(std::make_unique<SecondaryZoneThread>(settings, zone, publisher));
        log::notice("keeping {} secondary zones", threads.size());
    }
    config::Settings settings;
    ZonePublisher publisher{settings};
    std::vector<std::unique_ptr<SecondaryZoneThread>> threads;
};

UniqueFd listen_beside(const Path& set) {
    const Path path = socket_beside(set);
    const sockaddr_un address = address_of(path);
    ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid() || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        ::chmod(path.c_str(), kSocketMode) != 0)
        log::warning("cannot listen on {}: {}; NOTIFY is not passed on, and zones are refreshed by their timers alone",
                     path.string(), std::strerror(errno));
    return fd;
}

UniqueFd take_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/// nullptr: the configuration has errors, which are logged.
std::unique_ptr<SecondaryZones> start_zones(const Path& config) {
    Diagnostics diagnostics;
    auto settings = config::load(config, diagnostics);
    if (settings) return std::make_unique<SecondaryZones>(std::move(*settings));
    for (const Diagnostic& diagnostic : diagnostics.all())
        if (diagnostic.severity == Diagnostic::Severity::Error) log::error("{}", diagnostic.to_string());
    return nullptr;
}

/// Whether a signal ends the process; SIGHUP sets `reload`.
bool read_signals(int signals, bool& reload) {
    signalfd_siginfo signal{};
    while (::read(signals, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
        if (signal.ssi_signo != SIGHUP) return true;
        reload = true;
    }
    return false;
}

/// Datagrams of the daemon: the name of a zone for which NOTIFY came, or "reload".
void read_messages(int socket, const SecondaryZones& zones, bool& reload) {
    std::array<char, 512> text{};
    for (ssize_t size = 0; (size = ::recv(socket, text.data(), text.size(), 0)) > 0;) {
        const std::string_view message(text.data(), static_cast<std::size_t>(size));
        reload = reload || message == "reload";
        for (const auto& thread : zones.threads)
            if (thread->zone().zone.to_string() == message) thread->notify();
    }
}

}  // namespace

void notify_transfer_process(const Path& set, std::string_view message) {
    const sockaddr_un address = address_of(socket_beside(set));
    const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    static_cast<void>(::sendto(fd.get(), message.data(), message.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&address),
                               sizeof address));  // fails where no transfer process runs
}

int run_transfer(const Path& config) {
    const UniqueFd signals = take_signals();
    auto zones = start_zones(config);
    if (zones == nullptr) return 1;
    if (zones->threads.empty()) return 0;
    const UniqueFd messages = listen_beside(zones->settings.set);
    for (;;) {
        std::array<pollfd, 2> all{{{signals.get(), POLLIN, 0}, {messages.get(), POLLIN, 0}}};
        if (::poll(all.data(), all.size(), -1) < 0 && errno != EINTR) return 1;
        bool reload = false;
        if (read_signals(signals.get(), reload)) {
            ::unlink(socket_beside(zones->settings.set).c_str());
            return 0;
        }
        read_messages(messages.get(), *zones, reload);
        if (!reload) continue;
        Diagnostics ignored;  // the daemon has reported them
        const auto next = config::load(config, ignored);
        if (!next || next->transfer == zones->settings.transfer) continue;
        zones.reset();  // before its successor asks for the same zones
        zones = start_zones(config);
        if (zones == nullptr) return 1;
        if (zones->threads.empty()) return 0;
    }
}

}  // namespace cenote::daemon
