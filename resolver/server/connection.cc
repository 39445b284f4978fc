// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/connection.h"

#include <utility>

namespace cenote::server {

void Connection::take_certificate() noexcept {
    certificate_due_ = false;
    if (transport().certificate_state() != loop::CertificateState::Valid) return;
    identity_ = std::make_unique<ClientIdentity>();
    identity_->take(transport().peer_certificate(), wall_now(), context_.loop.now());
}

bool Connection::stalls(std::size_t unsent, Ticks now) noexcept {
    const std::uint64_t sent = transport().sent();
    if (std::exchange(sent_, sent) != sent || unsent == 0) left_ = now;
    return now - left_ > context_.options.tcp_write_stall;
}

}  // namespace cenote::server
