// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/quic.h"

#include <poll.h>
#include <sys/signalfd.h>

#include <array>
#include <csignal>
#include <utility>
#include <variant>

#include "resolver/base/log.h"
#include "resolver/quic/session.h"
#include "resolver/relay/packet_socket.h"

namespace cenote::quic {
namespace {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr milliseconds kTryEvery{200};
constexpr seconds kWaitMax{60};              // for a daemon
constexpr milliseconds kSettingsMax{10000};  // until they come, on a connection that was made

UniqueFd take_signals() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGTERM, SIGINT}) sigaddset(&set, number);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    return UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

enum class Woken : std::uint8_t { Signal, Other, Time };

/// Waits for a signal, or for something to read from `other` (-1: for nothing).
Woken wait(int signals, int other, milliseconds time) {
    std::array<pollfd, 2> all{{{signals, POLLIN, 0}, {other, POLLIN, 0}}};
    if (::poll(all.data(), all.size(), static_cast<int>(time.count())) <= 0) return Woken::Time;
    return all[0].revents != 0 ? Woken::Signal : Woken::Other;
}

struct Connected {
    UniqueFd control;
    relay::Settings settings;
    std::vector<UniqueFd> descriptors;
};

/// Why there is no daemon to serve.
enum class Missing : std::uint8_t { NoDaemon, OtherVersion, Stopped };

/// The first packet of a daemon. OtherVersion: it cannot be read.
std::variant<Connected, Missing> read_first(UniqueFd control) {
    std::vector<std::uint8_t> space(relay::kPacketMax);
    Connected connected{.control = std::move(control), .settings = {}, .descriptors = {}};
    ByteView packet;
    const auto received = relay::receive_packet(connected.control.get(), space, packet, connected.descriptors);
    const auto settings =
        received == relay::Received::Packet ? relay::read_settings(packet) : std::optional<relay::Settings>();
    if (received == relay::Received::Closed || received == relay::Received::Nothing) return Missing::NoDaemon;
    if (!settings || connected.descriptors.size() != settings->sockets + settings->links) return Missing::OtherVersion;
    connected.settings = *settings;
    return connected;
}

/// Connects to a daemon, and waits for its settings.
std::variant<Connected, Missing> connect(const Path& path, int signals) {
    UniqueFd control = relay::connect_to(path);
    if (!control.valid()) return Missing::NoDaemon;
    switch (wait(signals, control.get(), kSettingsMax)) {
        case Woken::Signal: return Missing::Stopped;
        case Woken::Time: return Missing::NoDaemon;
        case Woken::Other: break;
    }
    return read_first(std::move(control));
}

}  // namespace

int run(const Path& control) {
    std::signal(SIGPIPE, SIG_IGN);
    const UniqueFd signals = take_signals();
    const Path path = relay::socket_beside(control);
    for (Ticks alone_since = ticks_now(); ticks_now() - alone_since < kWaitMax;) {
        auto connected = connect(path, signals.get());
        if (const Missing* const missing = std::get_if<Missing>(&connected)) {
            if (*missing == Missing::OtherVersion) {
                log::error("the daemon at {} is of another version; 'systemctl restart cenoted cenote-quic'",
                           path.string());
                return kFailed;
            }
            if (*missing == Missing::Stopped || wait(signals.get(), -1, kTryEvery) == Woken::Signal) return kDone;
            continue;
        }
        auto& [socket, settings, descriptors] = std::get<Connected>(connected);
        log::notice("serving DNS over QUIC on {} sockets, for {} workers", settings.sockets, settings.links);
        Session session(std::move(socket), settings, std::move(descriptors));
        switch (session.run(signals.get())) {
            case Session::End::Signal: return kDone;
            case Session::End::Daemon: log::notice("the daemon has ended; waiting for the next one"); break;
            case Session::End::Broken: log::error("the daemon has sent what is none of its protocol"); return kFailed;
        }
        alone_since = ticks_now();
        if (wait(signals.get(), -1, kTryEvery) == Woken::Signal) return kDone;
    }
    log::notice("no daemon serves QUIC: it does not run, or [server].listen_quic is not set");
    return kDone;
}

}  // namespace cenote::quic
