// SPDX-License-Identifier: Apache-2.0
//
// TLS of QUIC: the certificate, and a handshake that agrees on TLS 1.3 and the protocol "doq" or fails (RFC 9250 §4.1).
// There are no tickets, so that no session is resumed and no data comes before the handshake is complete, where it
// could be replayed (RFC 9250 §5.2). Clients are asked for no certificate.
//
// Threads:  one.
// Memory:   that of GnuTLS; a handshake keeps the certificate with which it began.
// Failure:  Result with one line; nullptr where GnuTLS has no memory.
#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <string>

#include "resolver/base/result.h"
#include "resolver/relay/relay.h"

namespace cenote::quic {

class Credentials {
public:
    static Result<std::shared_ptr<const Credentials>> create(const relay::Certificate& certificate);
    ~Credentials();
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;

    struct EndSession {
        void operator()(gnutls_session_t session) const noexcept { gnutls_deinit(session); }
    };
    using Session = std::unique_ptr<gnutls_session_int, EndSession>;
    /// A handshake of a server; these credentials must outlive it.
    [[nodiscard]] Session begin() const;

private:
    Credentials() = default;
    gnutls_certificate_credentials_t certificate_ = nullptr;
    gnutls_priority_t priority_ = nullptr;
};

}  // namespace cenote::quic
