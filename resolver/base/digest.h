// SPDX-License-Identifier: Apache-2.0
//
// Digests, HMAC, Ed25519 verification, Base64 and hex. The only includes of OpenSSL outside loop/ are in digest.cc.
//
// Threads:  any.
// Memory:   the context of the digest, and the results.
// Failure:  an error inside OpenSSL stops the process.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote {

using Sha256Digest = std::array<std::uint8_t, 32>;

class Sha256 {
public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    void update(ByteView bytes);
    [[nodiscard]] Sha256Digest finish();

private:
    struct Context;
    std::unique_ptr<Context> context_;
};

[[nodiscard]] Sha256Digest sha256(ByteView bytes);
[[nodiscard]] std::array<std::uint8_t, 64> blake2b512(ByteView bytes);
/// Whether `signature` (64 bytes) is an Ed25519 signature of `message` under the public key `key` (32 bytes).
[[nodiscard]] bool verify_ed25519(ByteView key, ByteView message, ByteView signature);
/// `digest`: the OpenSSL name of a digest, such as "SHA256".
[[nodiscard]] std::vector<std::uint8_t> hmac(std::string_view digest, ByteView key, ByteView message);
[[nodiscard]] bool equal_in_constant_time(ByteView a, ByteView b) noexcept;
/// RFC 4648 §4, with padding; nullopt for anything else.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);
[[nodiscard]] std::string to_base64(ByteView bytes);
[[nodiscard]] std::string to_hex(ByteView bytes);

}  // namespace cenote
