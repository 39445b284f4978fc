// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/client_trust.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>

#include "resolver/loop/openssl_values.h"

namespace cenote::loop {
namespace {

constexpr int kDepthMax = 3;  // a certificate, and at most so many above it that are sent with it
constexpr long kChainBytesMax = 16384;

/// Lets a client go on whose certificate is not valid: SSL_get_verify_result() has the reason, and no ticket keeps it.
int check_optional(X509_STORE_CTX* chain, void*) {
    if (X509_verify_cert(chain) == 1) return 1;
    if (X509_STORE_CTX_get_error(chain) == X509_V_OK) X509_STORE_CTX_set_error(chain, X509_V_ERR_UNSPECIFIED);
    ERR_clear_error();  // the connection has not failed
    auto* const session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    SSL_set_num_tickets(session, 0);
    return 1;
}

/// A resumed session has the certificate of its first handshake, which may have ended since.
SSL_TICKET_RETURN check_ticket(SSL*, SSL_SESSION* session, const unsigned char*, std::size_t, SSL_TICKET_STATUS status,
                               void*) {
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
    X509* const certificate = SSL_SESSION_get0_peer(session);
    if (certificate != nullptr && X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

WallTime earlier(WallTime known, WallTime other) { return known == WallTime() ? other : std::min(known, other); }

/// Calls `take` for each block of PEM that `read` finds. `what`: for people.
template <typename Read, typename Take>
Status each_block(std::string_view text, std::string_view what, Read read, Take take) {
    const Openssl<BIO> in = memory_of(text);
    std::size_t count = 0;
    while (auto block = read(in.get())) {
        ++count;
        if (auto taken = take(block.get()); !taken) return taken;
    }
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string why = last_reason();
    if (!at_end) return Error{fmt::format("a {} in it cannot be read: {}", what, why)};
    if (count == 0) return Error{fmt::format("there is no {} in PEM in it", what)};
    return Done{};
}

Status add_authorities(SSL_CTX* context, const ClientTrust& trust, TrustFacts& facts) {
    const auto read = [](BIO* in) { return Openssl<X509>(PEM_read_bio_X509(in, nullptr, no_passphrase, nullptr)); };
    return each_block(trust.authorities, "certificate", read, [&](X509* each) -> Status {
        // The request for a certificate names the authorities whose certificates are of use (RFC 8446 §4.2.4).
        if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), each) != 1 ||
            SSL_CTX_add_client_CA(context, each) != 1)
            return Error{fmt::format("a certificate in it cannot be used: {}", last_reason())};
        facts.authorities_end = earlier(facts.authorities_end, time_of(X509_get0_notAfter(each)));
        return Done{};
    });
}

Status add_revoked(SSL_CTX* context, const ClientTrust& trust, TrustFacts& facts) {
    if (trust.revoked.empty()) return Done{};
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    const auto read = [](BIO* in) {
        return Openssl<X509_CRL>(PEM_read_bio_X509_CRL(in, nullptr, no_passphrase, nullptr));
    };
    auto added = each_block(trust.revoked, "list of revoked certificates", read, [&](X509_CRL* each) -> Status {
        if (X509_STORE_add_crl(store, each) != 1)
            return Error{fmt::format("a list of revoked certificates in it cannot be used: {}", last_reason())};
        if (const ASN1_TIME* next = X509_CRL_get0_nextUpdate(each))
            facts.revoked_ends = earlier(facts.revoked_ends, time_of(next));
        return Done{};
    });
    if (added) X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
    return added;
}

}  // namespace

Result<TrustFacts> set_trust(SSL_CTX* context, const ClientTrust& trust) {
    TrustFacts facts;
    if (!trust.asks()) return facts;
    if (auto added = add_authorities(context, trust, facts); !added) return std::move(added).error();
    if (auto added = add_revoked(context, trust, facts); !added) return std::move(added).error();
    // An authority that another one has signed is enough by itself.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
    const bool is_required = trust.asked == ClientCertificates::Required;
    SSL_CTX_set_verify(context, is_required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER,
                       nullptr);
    if (!is_required) SSL_CTX_set_cert_verify_callback(context, check_optional, nullptr);
    SSL_CTX_set_verify_depth(context, kDepthMax);
    SSL_CTX_set_max_cert_list(context, kChainBytesMax);
    SSL_CTX_set_session_ticket_cb(context, nullptr, check_ticket, nullptr);
    return facts;
}

Sha256Digest session_context(const ClientTrust& trust, Alpn alpn) {
    Sha256 all;
    const std::array<std::uint8_t, 2> manner{static_cast<std::uint8_t>(alpn), static_cast<std::uint8_t>(trust.asked)};
    all.update(manner);
    if (trust.asks()) {
        all.update(sha256(bytes_of(trust.authorities)));
        all.update(sha256(bytes_of(trust.revoked)));
    }
    return all.finish();
}

std::uint64_t number_of(const ClientTrust& trust) {
    if (!trust.asks()) return 0;
    const Sha256Digest digest = session_context(trust, Alpn::Dot);
    std::uint64_t number = 1;
    for (std::size_t i = 0; i < sizeof number; ++i) number = number << 8 | digest[i];
    return number == 0 ? 1 : number;
}

}  // namespace cenote::loop
