// SPDX-License-Identifier: Apache-2.0
//
// An authority for certificates of clients, for tests.
//
// Threads:  one.
// Memory:   a key and a certificate of OpenSSL.
// Failure:  what cannot be made stops the test process.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <vector>

#include "tests/support/certificate.h"

namespace cenote::test {

class Authority {
public:
    Authority();
    ~Authority();
    Authority(const Authority&) = delete;
    Authority& operator=(const Authority&) = delete;

    /// Its own certificate, in PEM.
    [[nodiscard]] const std::string& certificate() const { return pem_; }
    /// A certificate with these names ("DNS:pc7.lab.example,URI:spiffe://lab/7"), valid between these seconds from now.
    CertificatePair issue(const std::string& names, long begins_in_s = -3600, long ends_in_s = 86400);
    /// Revokes the certificate that was issued last.
    void revoke_last() { revoked_.push_back(serial_); }
    /// The list of revoked certificates, in PEM. `ends_in_s`: when another one is due, from now.
    [[nodiscard]] std::string revoked(long ends_in_s = 86400) const;

private:
    EVP_PKEY* key_;
    X509* own_;
    std::string pem_;
    long serial_ = 1;
    std::vector<long> revoked_;
};

/// Has the client present a certificate.
void use_certificate(SSL_CTX* client, const CertificatePair& pair);

}  // namespace cenote::test
