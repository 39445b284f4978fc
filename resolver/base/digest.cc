// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <limits>

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

std::array<std::uint8_t, 64> blake2b512(ByteView bytes) {
    std::array<std::uint8_t, 64> digest{};
    CENOTE_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_blake2b512(), nullptr) == 1);
    return digest;
}

bool verify_ed25519(ByteView key, ByteView message, ByteView signature) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> owner(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, key.data(), key.size()), EVP_PKEY_free);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    return owner != nullptr && context != nullptr &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, owner.get()) == 1 &&
           EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

std::vector<std::uint8_t> hmac(std::string_view digest, ByteView key, ByteView message) {
    const EVP_MD* md = EVP_get_digestbyname(std::string(digest).c_str());
    CENOTE_CHECK(md != nullptr);
    std::vector<std::uint8_t> mac(EVP_MAX_MD_SIZE);
    unsigned size = 0;
    CENOTE_CHECK(HMAC(md, key.data(), static_cast<int>(key.size()), message.data(), message.size(), mac.data(),
                      &size) != nullptr);
    mac.resize(size);
    return mac;
}

bool equal_in_constant_time(ByteView a, ByteView b) noexcept {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
    std::vector<std::uint8_t> bytes(text.size() / 4 * 3);
    const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
    if (size < 0) return std::nullopt;
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    bytes.resize(static_cast<std::size_t>(size) - padding);
    return bytes;
}

std::string to_base64(ByteView bytes) {
    CENOTE_CHECK(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) / 2);
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // the call writes a zero behind it
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
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
