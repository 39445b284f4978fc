// SPDX-License-Identifier: Apache-2.0
//
// Self-signed certificates for the TLS servers of tests.
//
// Threads:  any.
// Memory:   the caller frees what it gets, as OpenSSL does.
// Failure:  what cannot be made stops the test process.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace cenote::test {

/// A context for servers with a new key and a certificate for `name`, which is its own authority and is written to
/// `ca_file`. `ends_in_s`: when it ends, from now; negative: it has ended.
SSL_CTX* make_tls_server(const std::string& name, long ends_in_s, const std::string& ca_file);

/// A certificate and its key in PEM.
struct CertificatePair {
    std::string chain;
    std::string key;
};

/// A new key and a certificate for `name`, valid from `begins_in_s` to `ends_in_s` from now.
CertificatePair make_certificate_pair(const std::string& name, long begins_in_s, long ends_in_s);

}  // namespace cenote::test
