// SPDX-License-Identifier: Apache-2.0
//
// Signatures of lists: any texts as key and signature; and a list that is signed by a key of our own is accepted, but
// not once a bit of the list, of the signature or of its trusted comment is another one.
//
// Input: two bytes that choose the bit, a byte that chooses the algorithm, a key up to a line's end, the rest.

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "blocklists/minisign.h"
#include "resolver/base/check.h"
#include "resolver/base/digest.h"

namespace {

using namespace cenote;
using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view kKeyId = "keynumbr";

/// A pair whose secret part is all ones.
class Signer {
public:
    Signer() {
        const std::array<std::uint8_t, 32> secret = [] {
            std::array<std::uint8_t, 32> ones{};
            ones.fill(1);
            return ones;
        }();
        pair_.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size()));
        std::size_t size = public_.size();
        CENOTE_CHECK(pair_ != nullptr && EVP_PKEY_get_raw_public_key(pair_.get(), public_.data(), &size) == 1);
    }
    [[nodiscard]] std::string key() const { return to_base64(with_head("Ed", public_)); }
    /// A .minisig file; `hashed`: over the digest of the content.
    [[nodiscard]] std::string signature(ByteView content, bool hashed, std::string_view comment) const {
        const auto digest = blake2b512(content);
        const Bytes own = sign(hashed ? ByteView(digest) : content);
        Bytes with_comment = own;
        with_comment.insert(with_comment.end(), comment.begin(), comment.end());
        return "untrusted comment: x\n" + to_base64(with_head(hashed ? "ED" : "Ed", own)) +
               "\ntrusted comment: " + std::string(comment) + "\n" + to_base64(sign(with_comment)) + "\n";
    }

private:
    static Bytes with_head(std::string_view algorithm, ByteView rest) {
        Bytes bytes(algorithm.begin(), algorithm.end());
        bytes.insert(bytes.end(), kKeyId.begin(), kKeyId.end());
        bytes.insert(bytes.end(), rest.begin(), rest.end());
        return bytes;
    }
    [[nodiscard]] Bytes sign(ByteView content) const {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        Bytes made(64);
        std::size_t size = made.size();
        CENOTE_CHECK(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, pair_.get()) == 1);
        CENOTE_CHECK(EVP_DigestSign(context.get(), made.data(), &size, content.data(), content.size()) == 1);
        return made;
    }

    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> pair_{nullptr, EVP_PKEY_free};
    std::array<std::uint8_t, 32> public_{};
};

void try_any(std::string_view key, std::string_view rest) {
    const auto parsed = blocklists::MinisignKey::parse(key);
    if (!parsed) CENOTE_CHECK(!parsed.error().text.empty());
    static const auto own = blocklists::MinisignKey::parse(Signer().key()).value();
    const auto verified = (parsed ? *parsed : own).verify(bytes_of("a list"), rest);
    if (!verified) CENOTE_CHECK(!verified.error().text.empty());
}

void try_changed(Bytes content, bool hashed, std::size_t bit) {
    static const Signer signer;
    static const auto key = blocklists::MinisignKey::parse(signer.key()).value();
    const std::string comment = "timestamp:1700000000\tfile:list.txt";
    const std::string signature = signer.signature(content, hashed, comment);
    const auto verified = key.verify(content, signature);
    CENOTE_CHECK(verified && *verified == 1'700'000'000);
    const std::string other = signer.signature(content, hashed, "timestamp:1800000000");
    const auto third_line = [](const std::string& text) { return text.find("trusted comment: ", 20); };
    // The comment of another signature of the same list, under the signature of this one.
    const std::string mixed = signature.substr(0, third_line(signature)) + "trusted comment: timestamp:1900000000\n" +
                              other.substr(other.rfind('\n', other.size() - 2) + 1);
    CENOTE_CHECK(!key.verify(content, mixed));
    if (content.empty()) return;
    content[bit / 8 % content.size()] ^= static_cast<std::uint8_t>(1U << bit % 8);
    CENOTE_CHECK(!key.verify(content, signature));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t kChoices = 3;
    if (size < kChoices) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + kChoices, size - kChoices);
    const std::size_t end = std::min(text.find('\n'), text.size());
    try_any(text.substr(0, end), text.substr(std::min(end + 1, text.size())));
    try_changed(Bytes(text.begin(), text.end()), (data[2] & 1U) != 0, load_u16(data));
    return 0;
}
