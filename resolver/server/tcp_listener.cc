// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/tcp_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace cenote::server {

using telemetry::Counter;

namespace {

constexpr milliseconds kSweepEvery{250};
constexpr milliseconds kAcceptPause{100};
constexpr milliseconds kIdleLeast{1000};
constexpr std::uint32_t kLargeBuffers = 64;  // of 64 KiB, for long messages and slow readers
constexpr int kAcceptsPerTurn = 64;

}  // namespace

TcpListener::TcpListener(loop::Loop& loop, std::vector<ListenSocket>& sockets, const Options& options,
                         engine::Engine& engine, telemetry::Recorder& recorder, transfer::Inbox* inbox,
                         transfer::Outlet& outlet)
    : options_(options),
      engine_(engine),
      recorder_(recorder),
      loop_(loop),
      sockets_(sockets),
      buffers_(kLargeBuffers),
      reply_(wire::kMessageMax),
      context_{loop, buffers_, engine, recorder, options, reply_, inbox, outlet},
      connections_(options.tcp_connections_max),
      per_client_(options.tcp_connections_max),
      sweep_(loop, [this] { sweep(); }),
      accept_again_(loop, [this] {
          for (auto& poll : polls_) poll->watch(loop::Poll::kReadable);
      }) {
    open_.reserve(options.tcp_connections_max);
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
        polls_.push_back(
            std::make_unique<loop::Poll>(loop, sockets_[i].tcp.get(), [this, i](unsigned) { accept_all(i); }));
        polls_.back()->watch(loop::Poll::kReadable);
    }
    sweep_.start(kSweepEvery, kSweepEvery);
}

void TcpListener::accept_all(std::size_t socket) noexcept {
    for (int i = 0; i < kAcceptsPerTurn; ++i)
        if (!accept_one(socket)) return;
}

bool TcpListener::accept_one(std::size_t socket) noexcept {
    sockaddr_storage native;
    socklen_t size = sizeof native;
    UniqueFd fd(
        accept4(sockets_[socket].tcp.get(), reinterpret_cast<sockaddr*>(&native), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // Nothing to be had now: spinning on a readable socket would only burn the CPU that others need.
            recorder_.count(Counter::TcpAcceptPaused);
            for (auto& poll : polls_) poll->watch(loop::Poll::kNone);
            accept_again_.start(kAcceptPause, milliseconds{0});
        }
        return errno == EINTR || errno == ECONNABORTED;
    }
    engine::Client client;
    client.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    client.transport = telemetry::Transport::Tcp;
    if (per_client_.get(client.peer.ip) >= options_.tcp_per_client_max) {
        recorder_.count(Counter::TcpConnectionsPerClientRefused);
        return true;
    }
    if (connections_.used() == connections_.capacity() && !close_quietest()) {
        recorder_.count(Counter::TcpConnectionsRefused);
        return true;
    }
    client.connection = connections_.take();
    recorder_.count(Counter::TcpConnections);
    per_client_.add(client.peer.ip);
    open_.push_back(client.connection);
    connections_.at(client.connection) = std::make_unique<TcpConnection>(context_, std::move(fd), client);
    return true;
}

void TcpListener::send(const engine::Client& client, ByteView reply) noexcept {
    if (auto* connection = connections_.find(client.connection)) (*connection)->reply(reply);
}

void TcpListener::send_part(const transfer::Part& part) noexcept {
    if (auto* connection = connections_.find(part.connection))
        (*connection)->send_part(part);
    else if (!part.last)
        context_.inbox->forget(context_.outlet, part.connection);
}

/// With connections running out, the idle ones get less time (RFC 7766 §6.2.3).
milliseconds TcpListener::idle_now() const noexcept {
    const double share = static_cast<double>(connections_.used()) / connections_.capacity();
    if (share < 0.5) return options_.tcp_idle;
    const auto shrunk = std::chrono::duration_cast<milliseconds>(options_.tcp_idle * (2.0 * (1.0 - share)));
    return std::max(shrunk, std::min(kIdleLeast, options_.tcp_idle));
}

void TcpListener::sweep() noexcept {
    const Ticks now = loop_.now();
    const milliseconds idle = idle_now();
    std::erase_if(open_, [&](SlabHandle handle) {
        auto& connection = connections_.at(handle);
        connection->go_on();
        switch (connection->judge(now, idle)) {
            case TcpConnection::Verdict::Keep: return false;
            case TcpConnection::Verdict::Finished: break;
            case TcpConnection::Verdict::Idle: recorder_.count(Counter::TcpIdleClosed); break;
            case TcpConnection::Verdict::Slow: recorder_.count(Counter::TcpSlowClosed); break;
        }
        close(handle);
        return true;
    });
}

/// Whoever has been quiet the longest makes room for who wants to ask now (RFC 7766 §6.2.3).
bool TcpListener::close_quietest() noexcept {
    auto quietest = open_.end();
    for (auto at = open_.begin(); at != open_.end(); ++at) {
        const auto& connection = connections_.at(*at);
        if (!connection->quiet()) continue;
        if (quietest == open_.end() || connection->active() < connections_.at(*quietest)->active()) quietest = at;
    }
    if (quietest == open_.end()) return false;
    recorder_.count(Counter::TcpIdleClosed);
    close(*quietest);
    open_.erase(quietest);
    return true;
}

void TcpListener::close(SlabHandle handle) noexcept {
    auto& connection = connections_.at(handle);
    per_client_.remove(connection->client().peer.ip);
    connection.reset();
    connections_.give_back(handle);
}

void TcpListener::close_all() noexcept {
    for (const SlabHandle handle : open_) close(handle);
    open_.clear();
}

void TcpListener::stop() noexcept {
    polls_.clear();
    accept_again_.stop();
}

}  // namespace cenote::server
