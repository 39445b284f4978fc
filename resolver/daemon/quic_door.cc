// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/quic_door.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "resolver/base/log.h"
#include "resolver/base/random.h"
#include "resolver/relay/packet_socket.h"

namespace cenote::daemon {
namespace {

constexpr int kRelayPacketsPerTurn = 16;
constexpr seconds kQuicStart{10};
constexpr milliseconds kListenAgain{1000};

relay::Settings relay_settings(const server::Options& options) {
    relay::Settings settings{.sockets = 0,
                             .links = 0,
                             .connections_max = options.tcp_connections_max,
                             .per_client_max = options.tcp_per_client_max,
                             .handshakes_per_client_max = options.tls_handshakes_per_client_max,
                             .streams_max = options.http_streams_max,
                             .client = options.client,
                             .idle = options.tcp_idle,
                             .handshake = options.tls_handshake,
                             .stall = options.http_stall,
                             .secret = {}};
    fill_random(settings.secret);
    return settings;
}

}  // namespace

Result<std::unique_ptr<QuicDoor>> QuicDoor::open(loop::Loop& loop, Path path, server::Server& server,
                                                 const server::Options& options) {
    auto listener = relay::listen_at(path);
    if (!listener) return std::move(listener).error();
    return std::unique_ptr<QuicDoor>(new QuicDoor(loop, std::move(path), *std::move(listener), server, options));
}

QuicDoor::QuicDoor(loop::Loop& loop, Path path, UniqueFd listener, server::Server& server,
                   const server::Options& options)
    : loop_(loop),
      path_(std::move(path)),
      server_(server),
      settings_(relay_settings(options)),
      packet_(relay::kPacketMax),
      without_since_(ticks_now()),
      listener_(std::move(listener)),
      listening_(loop, listener_.get(), [this](unsigned) { on_connection(); }),
      listen_again_(loop, [this] { listening_.watch(loop::Poll::kReadable); }) {
    listening_.watch(loop::Poll::kReadable);
}

QuicDoor::~QuicDoor() { ::unlink(path_.c_str()); }

void QuicDoor::on_connection() {
    UniqueFd connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection.valid()) {
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) return;
        listening_.watch(loop::Poll::kNone);  // the connection that waits would call again at once
        return listen_again_.start(kListenAgain, milliseconds{0});
    }
    const Status welcomed = welcome(std::move(connection));
    if (!welcomed && !std::exchange(refused_, true)) log::warning("QUIC: {}", welcomed.error().text);
    if (welcomed) refused_ = false;
}

Status QuicDoor::welcome(UniqueFd connection) {
    const auto user = relay::peer_user(connection.get());
    if (!user) return user.error();
    if (!relay::may_relay(*user))
        return Error{fmt::format("a process of uid {} has connected to {}, which is for the user {}", *user,
                                 path_.string(), relay::kUser)};
    if (connected()) return Error{"another process has connected while cenote-quic runs; end one of the two"};
    auto links = server_.open_relays();
    if (!links) return std::move(links).error();
    const std::vector<int> sockets = server_.quic_descriptors();
    std::vector<int> descriptors = sockets;
    for (const UniqueFd& link : *links) descriptors.push_back(link.get());
    settings_.sockets = static_cast<std::uint32_t>(sockets.size());
    settings_.links = static_cast<std::uint32_t>(links->size());
    if (relay::send_packet(connection.get(), relay::settings_packet(settings_), descriptors) != relay::Sent::Yes)
        return Error{"cenote-quic has ended before it had its settings"};
    connection_ = std::move(connection);
    connected_ = std::make_unique<loop::Poll>(loop_, connection_.get(), [this](unsigned) { on_packets(); });
    connected_->watch(loop::Poll::kReadable);
    log::notice("QUIC: cenote-quic has connected and serves it");
    if (!send(relay::certificate_packet({.chain = chain_, .key = key_}))) disconnect();
    return Done{};
}

bool QuicDoor::send(ByteView packet) noexcept {
    return relay::send_packet(connection_.get(), packet, ByteView{}) == relay::Sent::Yes;
}

void QuicDoor::set_certificate(std::string_view chain, std::string_view key) {
    if (chain == chain_ && key == key_) return;
    if (!relay::fits({.chain = chain, .key = key})) {
        if (!std::exchange(oversized_, true))
            log::warning("QUIC: the certificate with its chain and key is larger than {} bytes; what was in use stays",
                         relay::kMessageMax);
        return;
    }
    oversized_ = false;
    chain_ = chain;
    key_ = key;
    // A process that has not read its last certificates is stuck.
    if (connected() && !send(relay::certificate_packet({.chain = chain_, .key = key_}))) disconnect();
}

void QuicDoor::on_packets() {
    for (int i = 0; i < kRelayPacketsPerTurn && connected(); ++i) {
        ByteView packet;
        const relay::Received received = relay::receive_packet(connection_.get(), packet_, packet);
        if (received == relay::Received::Nothing) return;
        const auto counts =
            received == relay::Received::Packet ? relay::read_counts(packet) : std::optional<relay::Counts>();
        if (counts) {
            now_ = *counts;
            continue;
        }
        log::warning("QUIC: cenote-quic {}", received == relay::Received::Closed
                                                 ? "has ended; DNS over QUIC is not served until it runs again"
                                                 : "has sent what is none of its protocol, and is disconnected");
        disconnect();
    }
}

bool QuicDoor::absent(Ticks now) const noexcept { return !connected() && now - without_since_ > kQuicStart; }

void QuicDoor::disconnect() {
    ++ended_;
    without_since_ = ticks_now();
    before_ = counts();
    before_.set(relay::Count::Open, 0);
    now_ = {};
    connected_.reset();
    connection_.reset();
    server_.close_relays();  // one that still runs has the other ends
}

relay::Counts QuicDoor::counts() const noexcept {
    relay::Counts sum = before_;
    for (std::size_t i = 0; i < relay::kCounts; ++i) sum.values[i] += now_.values[i];
    return sum;
}

}  // namespace cenote::daemon
