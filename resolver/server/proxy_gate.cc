// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/proxy_gate.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace cenote::server {

using telemetry::Counter;

namespace {

constexpr milliseconds kLookEvery{100};

}  // namespace

ProxyGate::ProxyGate(loop::Loop& loop, const Options& options, telemetry::Recorder& recorder, Deliver deliver)
    : loop_(loop), options_(options), recorder_(recorder), deliver_(std::move(deliver)), clock_(loop, [this] {
          expire();
      }) {
    waiting_.reserve(options.proxy_headers_max);
}

void ProxyGate::take(UniqueFd fd, Protocol protocol, const engine::Client& client) noexcept {
    remove_over();
    if (waiting_.size() >= options_.proxy_headers_max) return recorder_.count(Counter::TcpConnectionsRefused);
    auto arrival = std::make_unique<Arrival>();
    arrival->fd = std::move(fd);
    arrival->protocol = protocol;
    arrival->client = client;
    arrival->since = loop_.now();
    go_on(*arrival);
    if (arrival->over) return;
    Arrival& kept = *arrival;
    kept.poll = std::make_unique<loop::Poll>(loop_, kept.fd.get(), [this, &kept](unsigned) { go_on(kept); });
    kept.poll->watch(loop::Poll::kReadable);
    if (waiting_.empty()) clock_.start(kLookEvery, kLookEvery);
    waiting_.push_back(std::move(arrival));
}

/// Reads what is missing of the header, and no byte more.
void ProxyGate::go_on(Arrival& arrival) noexcept {
    while (!arrival.over) {
        wire::ProxyHeader header;
        const wire::ProxyRead read = wire::read_proxy_header(ByteView(arrival.bytes).first(arrival.size), header);
        if (read == wire::ProxyRead::Ok) {
            if (header.proxied) set_client(header, arrival.client);
            // TLS ends at the proxy: towards the client the answers go through it, and are padded.
            if (header.through_tls && arrival.protocol == Protocol::Tcp)
                arrival.client.transport = telemetry::QueryTransport::Tls;
            arrival.over = true;
            arrival.poll.reset();
            return deliver_(std::move(arrival.fd), arrival.protocol, arrival.client);
        }
        if (read != wire::ProxyRead::Partial) return refuse(arrival, refusal_of(read));
        const ssize_t got =
            ::recv(arrival.fd.get(), &arrival.bytes[arrival.size], header.size - arrival.size, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
        if (got > 0)
            arrival.size += static_cast<std::size_t>(got);
        else if (arrival.size != 0)
            refuse(arrival, Counter::ProxyMalformed);
        else
            close(arrival);
    }
}

void ProxyGate::refuse(Arrival& arrival, Counter counter) noexcept {
    recorder_.count(counter);
    close(arrival);
}

void ProxyGate::close(Arrival& arrival) noexcept {
    arrival.over = true;
    arrival.poll.reset();
    arrival.fd = UniqueFd();
}

void ProxyGate::remove_over() noexcept {
    std::erase_if(waiting_, [](const auto& arrival) { return arrival->over; });
    if (waiting_.empty()) clock_.stop();
}

void ProxyGate::expire() noexcept {
    for (const auto& arrival : waiting_)
        if (!arrival->over && loop_.now() - arrival->since > options_.proxy_header)
            refuse(*arrival, Counter::ProxySlow);
    remove_over();
}

void ProxyGate::close_all() noexcept {
    waiting_.clear();
    clock_.stop();
}

}  // namespace cenote::server
