// SPDX-License-Identifier: Apache-2.0
#include "tests/support/authority.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "resolver/base/check.h"

namespace cenote::test {
namespace {

template <typename Write>
std::string pem_of(Write write) {
    BIO* const out = BIO_new(BIO_s_mem());
    CENOTE_CHECK(write(out) == 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);
    std::string text(bytes, static_cast<std::size_t>(size));
    BIO_free(out);
    return text;
}

void add_extension(X509* certificate, int nid, const std::string& value) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    CENOTE_CHECK(extension != nullptr);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* begun(EVP_PKEY* key, const std::string& name, long serial, long begins_in_s, long ends_in_s) {
    X509* const certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), begins_in_s);
    X509_gmtime_adj(X509_getm_notAfter(certificate), ends_in_s);
    X509_set_pubkey(certificate, key);
    const auto* const common = reinterpret_cast<const unsigned char*>(name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, common, -1, -1, 0);
    return certificate;
}

}  // namespace

Authority::Authority() : key_(EVP_EC_gen("P-256")), own_(begun(key_, "clients of a test", 1, -7200, 864000)) {
    X509_set_issuer_name(own_, X509_get_subject_name(own_));
    add_extension(own_, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(own_, NID_key_usage, "critical,keyCertSign,cRLSign");
    CENOTE_CHECK(X509_sign(own_, key_, EVP_sha256()) > 0);
    pem_ = pem_of([this](BIO* out) { return PEM_write_bio_X509(out, own_); });
}

Authority::~Authority() {
    X509_free(own_);
    EVP_PKEY_free(key_);
}

CertificatePair Authority::issue(const std::string& names, long begins_in_s, long ends_in_s) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = begun(key, "a client", ++serial_, begins_in_s, ends_in_s);
    X509_set_issuer_name(certificate, X509_get_subject_name(own_));
    if (!names.empty()) add_extension(certificate, NID_subject_alt_name, names);
    CENOTE_CHECK(X509_sign(certificate, key_, EVP_sha256()) > 0);
    CertificatePair pair{
        pem_of([certificate](BIO* out) { return PEM_write_bio_X509(out, certificate); }),
        pem_of([key](BIO* out) { return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr); })};
    X509_free(certificate);
    EVP_PKEY_free(key);
    return pair;
}

std::string Authority::revoked(long ends_in_s) const {
    X509_CRL* const list = X509_CRL_new();
    X509_CRL_set_version(list, 1);
    X509_CRL_set_issuer_name(list, X509_get_subject_name(own_));
    ASN1_TIME* const time = ASN1_TIME_new();
    X509_gmtime_adj(time, -7200);
    X509_CRL_set1_lastUpdate(list, time);
    for (const long serial : revoked_) {
        X509_REVOKED* const each = X509_REVOKED_new();
        ASN1_INTEGER* const number = ASN1_INTEGER_new();
        ASN1_INTEGER_set(number, serial);
        X509_REVOKED_set_serialNumber(each, number);
        X509_REVOKED_set_revocationDate(each, time);
        ASN1_INTEGER_free(number);
        X509_CRL_add0_revoked(list, each);
    }
    X509_gmtime_adj(time, ends_in_s);
    X509_CRL_set1_nextUpdate(list, time);
    ASN1_TIME_free(time);
    X509_CRL_sort(list);
    CENOTE_CHECK(X509_CRL_sign(list, key_, EVP_sha256()) > 0);
    std::string text = pem_of([list](BIO* out) { return PEM_write_bio_X509_CRL(out, list); });
    X509_CRL_free(list);
    return text;
}

void use_certificate(SSL_CTX* client, const CertificatePair& pair) {
    BIO* const chain = BIO_new_mem_buf(pair.chain.data(), static_cast<int>(pair.chain.size()));
    BIO* const key_in = BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size()));
    X509* const certificate = PEM_read_bio_X509(chain, nullptr, nullptr, nullptr);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_in, nullptr, nullptr, nullptr);
    CENOTE_CHECK(SSL_CTX_use_certificate(client, certificate) == 1 && SSL_CTX_use_PrivateKey(client, key) == 1);
    X509_free(certificate);
    EVP_PKEY_free(key);
    BIO_free(chain);
    BIO_free(key_in);
}

}  // namespace cenote::test
