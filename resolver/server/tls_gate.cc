// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/tls_gate.h"

#include <utility>

namespace cenote::server {

using telemetry::Counter;

TlsGate::TlsGate(Published<loop::TlsServer>& source, loop::StreamBuffers& buffers, const Options& options,
                 telemetry::Recorder& recorder)
    : tls_(source),
      buffers_(buffers),
      options_(options),
      recorder_(recorder),
      handshakes_(options.tcp_connections_max, options.client),
      under_way_(options.tcp_connections_max) {}

bool TlsGate::is_open(Ticks now) noexcept {
    if (now - span_ >= kSpan) {
        span_ = now;
        left_ = kHandshakesPerSpan;
    }
    if (left_ == 0) recorder_.count(Counter::TlsDeferred);
    return left_ != 0;
}

bool TlsGate::admits(const IpAddress& client) noexcept {
    tls_.refresh();
    const bool admitted = tls_ && handshakes_.get(client) < options_.tls_handshakes_per_client_max;
    if (!admitted) recorder_.count(Counter::TlsRefused);
    return admitted;
}

std::unique_ptr<loop::Transport> TlsGate::begin(UniqueFd fd, SlabHandle connection, const IpAddress& client,
                                                loop::Alpn alpn) {
    auto transport = tls_->accept(std::move(fd), buffers_, alpn);
    if (transport == nullptr) {
        recorder_.count(Counter::TlsRefused);
        return nullptr;
    }
    if (left_ != 0) --left_;  // a proxy's header may have come after the span in which it was accepted
    handshakes_.add(client);
    under_way_[connection.slot] = true;
    return transport;
}

std::uint64_t TlsGate::trust() noexcept {
    tls_.refresh();
    return tls_ ? tls_->trust() : 0;
}

void TlsGate::look(SlabHandle connection, const IpAddress& client, const loop::Transport& transport,
                   bool closing) noexcept {
    if (!under_way_[connection.slot] || (!transport.is_ready() && !closing)) return;
    under_way_[connection.slot] = false;
    handshakes_.remove(client);
    switch (transport.handshake()) {
        case loop::Handshake::None: recorder_.count(Counter::TlsFailed); break;
        case loop::Handshake::Full: recorder_.count(Counter::TlsFull); break;
        case loop::Handshake::Resumed: recorder_.count(Counter::TlsResumed); break;
    }
    switch (transport.certificate_state()) {
        case loop::CertificateState::None: break;
        case loop::CertificateState::Valid: recorder_.count(Counter::CertificatesValid); break;
        case loop::CertificateState::NotValid: recorder_.count(Counter::CertificatesNotValid); break;
    }
}

}  // namespace cenote::server
