// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/connection.h"

namespace cenote::server {

void Connection::take_certificate() noexcept {
    certificate_due_ = false;
    if (transport().certificate_state() != loop::CertificateState::Valid) return;
    identity_ = std::make_unique<ClientIdentity>();
    identity_->take(transport().peer_certificate(), wall_now(), context_.loop.now());
}

}  // namespace cenote::server
