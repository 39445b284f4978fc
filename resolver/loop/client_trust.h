// SPDX-License-Identifier: Apache-2.0
//
// The check of certificates of clients, as a part of a context of OpenSSL. Private to loop.
//
// A client whose certificate is not valid goes on without an identity where certificates are optional. A ticket is made
// for a valid certificate alone, and taken only until that ends; the context and the protocol of the connection that it
// was made for are in it (`session_context`), so that no other authority and no other listener takes it.
//
// Threads:  the context is shared by all threads.
// Memory:   that of OpenSSL.
// Failure:  set_trust() returns the reason in one line.
#pragma once

#include <openssl/ssl.h>

#include "resolver/base/digest.h"
#include "resolver/base/result.h"
#include "resolver/loop/tls_server.h"

namespace cenote::loop {

[[nodiscard]] Result<TrustFacts> set_trust(SSL_CTX* context, const ClientTrust& trust);
/// A number for all that decides which certificates are valid; 0: none are asked for.
[[nodiscard]] std::uint64_t number_of(const ClientTrust& trust);
/// What a ticket is bound to, in SSL_MAX_SID_CTX_LENGTH bytes.
[[nodiscard]] Sha256Digest session_context(const ClientTrust& trust, Alpn alpn);

}  // namespace cenote::loop
