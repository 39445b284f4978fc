// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/stream_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "resolver/base/random.h"
#include "resolver/server/http_connection.h"
#include "resolver/server/message_connection.h"

namespace cenote::server {

using telemetry::Counter;

namespace {

constexpr milliseconds kSweepEvery{25};
constexpr std::uint32_t kSweeps = 10;  // this many sweeps check every connection once
constexpr milliseconds kAcceptPause{100};
constexpr double kFull = 0.9;  // from this share of the connections on, none is to stay open without a query
constexpr std::uint32_t kLargeBuffers = 64;  // 64 KiB each, for long messages and slow clients
constexpr int kAcceptsPerTurn = 64;
constexpr std::uint32_t kHttpStreams = 16384;  // 2 KiB each

telemetry::QueryTransport transport_of(Protocol protocol) noexcept {
    switch (protocol) {
        case Protocol::Udp: return telemetry::QueryTransport::Udp;
        case Protocol::Tcp: return telemetry::QueryTransport::Tcp;
        case Protocol::Tls: return telemetry::QueryTransport::Tls;
        case Protocol::Quic: return telemetry::QueryTransport::Quic;
        case Protocol::Https:
        case Protocol::H2c: break;
    }
    return telemetry::QueryTransport::Https;
}

/// The address to which a connection was made.
IpAddress local_address(const IpAddress& bound, int fd) noexcept {
    if (!bound.is_unspecified()) return bound;
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size) != 0) return {};
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native)).ip;
}

}  // namespace

StreamListener::StreamListener(loop::Loop& loop, const std::vector<ListenSocket>& sockets, const Options& options,
                               engine::Engine& engine, telemetry::Recorder& recorder, transfer::XfrQueue* xfr_queue,
                               transfer::Outlet& outlet, Published<loop::TlsServer>& tls, const Proxies& proxies)
    : options_(options),
      recorder_(recorder),
      loop_(loop),
      buffers_(kLargeBuffers),
      reply_(wire::kMessageMax),
      space_(std::make_unique<loop::ByteSpace>()),
      streams_(kHttpStreams),
      proxies_(proxies),
      context_{loop, buffers_, engine, recorder, options, *this, reply_, xfr_queue, outlet, *space_, streams_},
      table_({options.tcp_connections_max, options.tcp_per_client_max, options.client}, random_u64()),
      tls_gate_(tls, buffers_, options_, recorder),
      proxy_gate_(loop, options_, recorder,
                  [this](UniqueFd fd, Protocol protocol, const engine::Client& client) {
                      welcome(std::move(fd), protocol, client);
                  }),
      connections_(options.tcp_connections_max),
      turn_end_(loop, [this] { close_finished(); }),
      sweep_(loop, [this] { sweep(); }),
      accept_again_(loop, [this] {
          for (auto& each : accepting_) each.poll->watch(loop::Poll::kReadable);
      }) {
    finished_.reserve(options.tcp_connections_max);
    for (const ListenSocket& socket : sockets) {
        if (is_datagram(socket.endpoint.protocol)) continue;
        accepting_.push_back(
            {socket.endpoint.protocol,
             std::make_unique<loop::Poll>(loop, socket.fd.get(), [this, &socket](unsigned) { accept_all(socket); })});
        accepting_.back().poll->watch(loop::Poll::kReadable);
    }
}

void StreamListener::accept_all(const ListenSocket& socket) noexcept {
    for (int i = 0; i < kAcceptsPerTurn; ++i)
        if (!accept_one(socket)) return;
}

void StreamListener::pause_accepting(Paused which, milliseconds pause) noexcept {
    for (auto& each : accepting_)
        if (which == Paused::All || is_encrypted(each.protocol)) each.poll->watch(loop::Poll::kNone);
    accept_again_.start(pause, milliseconds{0});
}

bool StreamListener::accept_one(const ListenSocket& socket) noexcept {
    const Protocol protocol = socket.endpoint.protocol;
    if (is_encrypted(protocol) && !tls_gate_.is_open(loop_.now())) {
        pause_accepting(Paused::Tls, TlsGate::kSpan);
        return false;
    }
    sockaddr_storage native;
    socklen_t size = sizeof native;
    UniqueFd fd(accept4(socket.fd.get(), reinterpret_cast<sockaddr*>(&native), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The sockets stay readable: watching them would call this function again and again.
            recorder_.count(Counter::TcpAcceptPaused);
            pause_accepting(Paused::All, kAcceptPause);
        }
        return errno == EINTR || errno == ECONNABORTED;
    }
    engine::Client client;
    client.peer = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    client.local = local_address(socket.endpoint.address.ip, fd.get());
    client.transport = transport_of(protocol);
    if (proxies_.has(client.peer.ip))
        proxy_gate_.take(std::move(fd), protocol, client);
    else if (protocol == Protocol::H2c)
        recorder_.count(Counter::HttpNotProxy);
    else
        welcome(std::move(fd), protocol, client);
    return true;
}

/// Begins a connection whose client is known, or closes it at a limit.
void StreamListener::welcome(UniqueFd fd, Protocol protocol, const engine::Client& client) noexcept {
    if (is_encrypted(protocol) && !tls_gate_.admits(client.peer.ip)) return;
    if (make_room(client.peer.ip)) begin(std::move(fd), protocol, client);
}

void StreamListener::begin(UniqueFd fd, Protocol protocol, engine::Client client) noexcept {
    if (table_.used() == 0) sweep_.start(kSweepEvery, kSweepEvery);
    client.connection = table_.add(client.peer.ip, loop_.now());
    renew_idle_timeout();
    const bool http = client.transport == telemetry::QueryTransport::Https;
    auto transport = is_encrypted(protocol) ? tls_gate_.begin(std::move(fd), client.connection, client.peer.ip,
                                                              http ? loop::Alpn::Http : loop::Alpn::Dot)
                                            : loop::make_plain_transport(std::move(fd));
    if (transport == nullptr) return table_.remove(client.connection);
    recorder_.count(Counter::TcpConnections);
    using Agreed = HttpConnection::Agreed;
    auto& connection = connections_[client.connection.slot];
    if (http)
        connection = std::make_unique<HttpConnection>(context_, std::move(transport), client,
                                                      is_encrypted(protocol) ? Agreed::Yes : Agreed::No);
    else
        connection = std::make_unique<MessageConnection>(context_, std::move(transport), client);
}

/// Closes finished connections first, then one that ConnectionTable chooses; false: the new one is refused.
bool StreamListener::make_room(const IpAddress& client) noexcept {
    if (table_.refusal(client) == ConnectionTable::Refusal::None) return true;
    close_finished();
    const auto refusal = table_.refusal(client);
    if (refusal == ConnectionTable::Refusal::None) return true;
    const SlabHandle victim = table_.choose_victim(client, loop_.now());
    if (!victim.valid()) {
        recorder_.count(refusal == ConnectionTable::Refusal::Full ? Counter::TcpConnectionsRefused
                                                                  : Counter::TcpConnectionsPerClientRefused);
        return false;
    }
    recorder_.count(connections_[victim.slot]->quiet() ? Counter::TcpIdleClosed : Counter::TcpConnectionsRefused);
    close(victim);
    return true;
}

Connection* StreamListener::find(SlabHandle connection) noexcept {
    return table_.has(connection) ? connections_[connection.slot].get() : nullptr;
}

void StreamListener::send(const engine::Client& client, ByteView reply) noexcept {
    if (auto* connection = find(client.connection)) connection->reply(client.stream, reply);
}

void StreamListener::send_part(const transfer::Part& part) noexcept {
    if (auto* connection = find(part.connection))
        connection->send_part(part);
    else if (!part.last)
        context_.xfr_queue->forget(context_.outlet, part.connection);
}

void StreamListener::on_activity(const Connection& connection) noexcept {
    tls_gate_.look(connection.client().connection, connection.client().peer.ip, connection.transport(), false);
    table_.note(connection.client().connection, connection.quiet(), connection.active());
}

void StreamListener::on_finished(const Connection& connection) noexcept {
    finished_.push_back(connection.client().connection);
}

void StreamListener::close_finished() noexcept {
    for (const SlabHandle handle : finished_)
        if (table_.has(handle)) close(handle);  // otherwise it has been evicted since
    finished_.clear();
}

double StreamListener::share_used() const noexcept { return static_cast<double>(table_.used()) / table_.capacity(); }

/// Where connections run out, clients are asked to close theirs when they have their answers (RFC 7828 §3.2.2).
void StreamListener::renew_idle_timeout() noexcept {
    context_.engine.set_idle_timeout(share_used() < kFull ? table_.idle_timeout(options_.tcp_idle) : milliseconds{0});
}

/// Checks a part of the connections at a time, so that many connections do not delay queries.
void StreamListener::sweep() noexcept {
    const Ticks now = loop_.now();
    const milliseconds idle = table_.idle_timeout(options_.tcp_idle);
    renew_idle_timeout();
    for (std::uint32_t i = 0; i < table_.capacity() / kSweeps + 1; ++i) {
        swept_ = swept_ + 1 < table_.capacity() ? swept_ + 1 : 0;
        const SlabHandle handle = table_.at_slot(swept_);
        if (!handle.valid()) continue;
        Connection& connection = *connections_[swept_];
        connection.continue_transfer();
        tls_gate_.look(handle, connection.client().peer.ip, connection.transport(), false);
        if (has_lost_identity(connection, now)) {
            close(handle);
            continue;
        }
        switch (connection.close_reason(now, idle)) {
            case Connection::CloseReason::None: continue;
            case Connection::CloseReason::Idle: recorder_.count(Counter::TcpIdleClosed); break;
            case Connection::CloseReason::Slow: recorder_.count(Counter::TcpSlowClosed); break;
            case Connection::CloseReason::ProxyHeader: recorder_.count(Counter::ProxyUnexpected); break;
            case Connection::CloseReason::Tls: recorder_.count(Counter::OtherTls); break;
            case Connection::CloseReason::Http: recorder_.count(Counter::OtherHttp); break;
        }
        close(handle);
    }
    if (table_.used() == 0) sweep_.stop();
}

/// A connection whose certificate counts no more is closed when no query of it is under way: the client may prove
/// itself anew.
bool StreamListener::has_lost_identity(Connection& connection, Ticks now) noexcept {
    using Standing = ClientIdentity::Standing;
    ClientIdentity* const identity = connection.identity();
    if (identity == nullptr) return false;
    const Standing standing = identity->standing(now, tls_gate_.trust());
    if (standing == Standing::Holds) return false;
    if (standing == Standing::Ended && !connection.quiet()) {
        connection.announce_end();
        return false;
    }
    recorder_.count(Counter::CertificatesEnded);
    return true;
}

void StreamListener::close(SlabHandle handle) noexcept {
    auto& connection = connections_[handle.slot];
    tls_gate_.look(handle, connection->client().peer.ip, connection->transport(), true);
    connection.reset();
    table_.remove(handle);
}

void StreamListener::close_all() noexcept {
    proxy_gate_.close_all();
    for (std::uint32_t slot = 0; slot < table_.capacity(); ++slot)
        if (const SlabHandle handle = table_.at_slot(slot); handle.valid()) close(handle);
}

void StreamListener::stop() noexcept {
    accepting_.clear();
    accept_again_.stop();
    for (std::uint32_t slot = 0; slot < table_.capacity(); ++slot)
        if (table_.at_slot(slot).valid()) connections_[slot]->announce_end();
}

}  // namespace cenote::server
