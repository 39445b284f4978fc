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

}  // namespace cenote::test
