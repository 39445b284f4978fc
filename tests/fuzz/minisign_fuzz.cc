// SPDX-License-Identifier: Apache-2.0
//
// Signatures of lists: any texts as key and signature are refused with a reason; and a list that is signed by a key of
// our own is accepted, but not once a bit of the list, of one of the two signatures or of the trusted comment is
// another one.
//
// Input: two bytes that choose the bit, a byte that chooses the algorithm, then a text: its first line is a key, the
// rest a signature; as a whole it is the list that is signed.

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
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using Bytes = std::vector<std::uint8_t>;

constexpr std::string_view kKeyId = "keynumbr";
constexpr std::string_view kComment = "timestamp:1700000000\tfile:list.txt";
constexpr std::ptrdiff_t kHead = 10;  // algorithm and key id

fuzz::Goal key_read("a key is read");
fuzz::Goal accepted("a signed list is accepted");
fuzz::Goal refused("a list that was changed is refused");

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
    /// Over the content or, `hashed`, over its digest; with algorithm and key id before it.
    [[nodiscard]] Bytes signature(ByteView content, bool hashed) const {
        const auto digest = blake2b512(content);
        return with_head(hashed ? "ED" : "Ed", sign(hashed ? ByteView(digest) : content));
    }
    /// Over a signature and the trusted comment.
    [[nodiscard]] Bytes global(ByteView signature, std::string_view comment) const {
        Bytes signed_bytes(signature.begin() + kHead, signature.end());
        signed_bytes.insert(signed_bytes.end(), comment.begin(), comment.end());
        return sign(signed_bytes);
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
    if (parsed) key_read.reach();
    static const auto own = blocklists::MinisignKey::parse(Signer().key()).value();
    const auto verified = (parsed ? *parsed : own).verify(bytes_of("a list"), rest);
    if (!verified) CENOTE_CHECK(!verified.error().text.empty());
}

/// The parts of a signed list, of which each may be changed.
struct Signed {
    Bytes content;
    Bytes signature;
    Bytes comment;
    Bytes global;

    /// As a .minisig file.
    [[nodiscard]] std::string file() const {
        return "untrusted comment: x\n" + to_base64(signature) +
               "\ntrusted comment: " + std::string(comment.begin(), comment.end()) + "\n" + to_base64(global) + "\n";
    }
};

void try_changed(ByteView content, bool hashed, std::size_t bit) {
    static const Signer signer;
    static const auto key = blocklists::MinisignKey::parse(signer.key()).value();
    Signed made{.content = {content.begin(), content.end()},
                .signature = signer.signature(content, hashed),
                .comment = {kComment.begin(), kComment.end()},
                .global = {}};
    made.global = signer.global(made.signature, kComment);
    const auto verified = key.verify(made.content, made.file());
    CENOTE_CHECK(verified && *verified == 1'700'000'000);
    accepted.reach();
    for (Bytes Signed::*part : {&Signed::content, &Signed::signature, &Signed::comment, &Signed::global}) {
        Signed changed = made;
        if ((changed.*part).empty()) continue;
        fuzz::flip(MutableBytes(changed.*part), bit);
        CENOTE_CHECK(!key.verify(changed.content, changed.file()));
        refused.reach();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const std::size_t bit = input.u16();
    const bool hashed = (input.u8() & 1U) != 0;
    const ByteView list = input.rest();
    fuzz::Input parts(list);
    const std::string_view key = parts.line();
    try_any(key, parts.text());
    try_changed(list, hashed, bit);
    return 0;
}
