// SPDX-License-Identifier: Apache-2.0
//
// Values of OpenSSL that free themselves, and what is read from them. Private to loop.
//
// Threads:  plain values.   Memory: that of OpenSSL.   Failure: null values; last_reason() is for people.
#pragma once

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>

#include "resolver/base/clock.h"

namespace cenote::loop {

struct OpensslDeleter {
    void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    void operator()(SSL* session) const noexcept { SSL_free(session); }
    void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
    void operator()(X509_CRL* revoked) const noexcept { X509_CRL_free(revoked); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
template <typename T>
using Openssl = std::unique_ptr<T, OpensslDeleter>;

/// A BIO that reads the text, which must outlive it.
[[nodiscard]] Openssl<BIO> memory_of(std::string_view text);
/// A key with a passphrase is not read: a service has no terminal to type it on.
int no_passphrase(char* buffer, int size, int writes, void* data);
/// The reason of the last failure of OpenSSL on this thread, which is removed.
[[nodiscard]] std::string last_reason();
/// The epoch for a time that cannot be read.
[[nodiscard]] WallTime time_of(const ASN1_TIME* time);

}  // namespace cenote::loop
