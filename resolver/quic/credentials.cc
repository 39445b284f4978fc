// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/credentials.h"

#include <fmt/format.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

namespace cenote::quic {
namespace {

// RFC 9001 §5.3: ciphers of TLS 1.3, without CCM_8; §8.4: no middlebox compatibility.
constexpr const char* kPriority =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-GROUP-ALL:+GROUP-X25519:"
    "+GROUP-SECP256R1:+GROUP-SECP384R1:%DISABLE_TLS13_COMPAT_MODE";
constexpr std::size_t kHandshakeMessageMax = 16384;
constexpr std::string_view kAlpn = "doq";  // RFC 9250 §4.1.1

gnutls_datum_t datum_of(std::string_view text) noexcept {
    return {reinterpret_cast<unsigned char*>(const_cast<char*>(text.data())), static_cast<unsigned>(text.size())};
}

/// A client that names no protocol is refused like one that names others (RFC 9001 §8.1).
int require_alpn(gnutls_session_t session, unsigned, unsigned, unsigned, const gnutls_datum_t*) {
    gnutls_datum_t agreed{};
    return gnutls_alpn_get_selected_protocol(session, &agreed) == 0 ? 0 : GNUTLS_E_NO_APPLICATION_PROTOCOL;
}

}  // namespace

Result<std::shared_ptr<const Credentials>> Credentials::create(const relay::Certificate& certificate) {
    const std::shared_ptr<Credentials> credentials(new Credentials);
    const auto failure = [](int code) { return Error{fmt::format("GnuTLS: {}", gnutls_strerror(code))}; };
    if (const int code = gnutls_priority_init(&credentials->priority_, kPriority, nullptr); code < 0)
        return failure(code);
    if (const int code = gnutls_certificate_allocate_credentials(&credentials->certificate_); code < 0)
        return failure(code);
    const gnutls_datum_t chain = datum_of(certificate.chain);
    const gnutls_datum_t key = datum_of(certificate.key);
    const int code =
        gnutls_certificate_set_x509_key_mem2(credentials->certificate_, &chain, &key, GNUTLS_X509_FMT_PEM, nullptr, 0);
    if (code < 0) return failure(code);
    return std::shared_ptr<const Credentials>(credentials);
}

Credentials::~Credentials() {
    if (certificate_ != nullptr) gnutls_certificate_free_credentials(certificate_);
    if (priority_ != nullptr) gnutls_priority_deinit(priority_);
}

Credentials::Session Credentials::begin() const {
    gnutls_session_t native = nullptr;
    if (gnutls_init(&native, GNUTLS_SERVER | GNUTLS_NO_TICKETS) < 0) return nullptr;
    Session session(native);
    const gnutls_datum_t alpn = datum_of(kAlpn);
    if (gnutls_priority_set(native, priority_) < 0 ||
        gnutls_credentials_set(native, GNUTLS_CRD_CERTIFICATE, certificate_) < 0 ||
        gnutls_alpn_set_protocols(native, &alpn, 1, GNUTLS_ALPN_MANDATORY) < 0 ||
        ngtcp2_crypto_gnutls_configure_server_session(native) != 0)
        return nullptr;
    gnutls_handshake_set_max_packet_length(native, kHandshakeMessageMax);
    gnutls_handshake_set_hook_function(native, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_POST, require_alpn);
    return session;
}

}  // namespace cenote::quic
