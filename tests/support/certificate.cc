// SPDX-License-Identifier: Apache-2.0
#include "tests/support/certificate.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <utility>

#include "resolver/base/check.h"

namespace cenote::test {

namespace {

constexpr long kBegan = -7200;

X509* make_certificate(EVP_PKEY* key, const std::string& name, long begins_in_s, long ends_in_s) {
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), begins_in_s);
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

std::string text_of(BIO* memory) {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(memory, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    return text;
}

}  // namespace

CertificatePair make_certificate_pair(const std::string& name, long begins_in_s, long ends_in_s) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = make_certificate(key, name, begins_in_s, ends_in_s);
    BIO* const chain_out = BIO_new(BIO_s_mem());
    BIO* const key_out = BIO_new(BIO_s_mem());
    CENOTE_CHECK(PEM_write_bio_X509(chain_out, certificate) == 1 &&
                 PEM_write_bio_PrivateKey(key_out, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return {text_of(chain_out), text_of(key_out)};
}

SSL_CTX* make_tls_server(const std::string& name, long ends_in_s, const std::string& ca_file) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = make_certificate(key, name, kBegan, ends_in_s);
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    CENOTE_CHECK(SSL_CTX_use_certificate(context, certificate) == 1 && SSL_CTX_use_PrivateKey(context, key) == 1);
    std::FILE* const file = std::fopen(ca_file.c_str(), "w");
    CENOTE_CHECK(file != nullptr && PEM_write_X509(file, certificate) == 1 && std::fclose(file) == 0);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

}  // namespace cenote::test
