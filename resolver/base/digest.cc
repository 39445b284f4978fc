// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/digest.h"

#include <openssl/evp.h>

#include "resolver/base/check.h"

namespace cenote {

struct Sha256::Context {
    Context() : md(EVP_MD_CTX_new()) {
        CENOTE_CHECK(md != nullptr);
        CENOTE_CHECK(EVP_DigestInit_ex(md, EVP_sha256(), nullptr) == 1);
    }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
    ~Context() { EVP_MD_CTX_free(md); }

    EVP_MD_CTX* md;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;

void Sha256::update(ByteView bytes) { CENOTE_CHECK(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1); }

Sha256Digest Sha256::finish() {
    Sha256Digest digest{};
    CENOTE_CHECK(EVP_DigestFinal_ex(context_->md, digest.data(), nullptr) == 1);
    return digest;
}

Sha256Digest sha256(ByteView bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

std::string to_hex(ByteView bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        text.push_back(kDigits[byte >> 4]);
        text.push_back(kDigits[byte & 15]);
    }
    return text;
}

}  // namespace cenote
