// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <utility>

#include "resolver/base/check.h"

namespace cenote::test {

namespace {

X509* make_certificate(EVP_PKEY* key, const std::string& name, long ends_in_s) {
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in_s);
    X509_set_pubkey(certificate, key);
    X509_NAME* const subject = X509_get_subject_name(certificate);
    const auto* const common = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    const std::string names = "DNS:" + name;
    for (const auto& [nid, value] :
         {std::pair{NID_subject_alt_name, names.c_str()}, std::pair{NID_basic_constraints, "critical,CA:TRUE"}}) {
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        CENOTE_CHECK(extension != nullptr);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }
    CENOTE_CHECK(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

}  // namespace

SSL_CTX* make_tls_server(const std::string& name, long ends_in_s, const std::string& ca_file) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = make_certificate(key, name, ends_in_s);
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    CENOTE_CHECK(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
    std::FILE* const file = std::fopen(ca_file.c_str(), "w");
    CENOTE_CHECK(file != nullptr && PEM_write_X509(file, certificate) == 1 && std::fclose(file) == 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

}  // namespace cenote::test
