// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), the one door to OpenSSL's digests.
//
// Threads: any.   Memory: the context of the digest.   Failure: none that a caller could handle.
#pragma once

#include <array>
#include <memory>
#include <string>

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
[[nodiscard]] std::string to_hex(ByteView bytes);

}  // namespace cenote
