// SPDX-License-Identifier: Apache-2.0
//
// Signatures of lists in the format of minisign (jedisct1.github.io/minisign): Ed25519 over the text or over its
// BLAKE2b-512 digest, and over the trusted comment.
//
// Threads:  any.   Memory: values.   Failure: Result with the fault of key or signature.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "resolver/base/bytes.h"
#include "resolver/base/result.h"

namespace cenote::blocklists {

class MinisignKey {
public:
    /// "RWQ…": the second line of a .pub file.
    static Result<MinisignKey> parse(std::string_view text);
    /// `signature`: the content of a .minisig file. Returns the time in its trusted comment, in seconds since 1970; 0:
    /// it has none.
    [[nodiscard]] Result<std::int64_t> verify(ByteView content, std::string_view signature) const;

private:
    std::array<std::uint8_t, 8> id_{};
    std::array<std::uint8_t, 32> key_{};
};

}  // namespace cenote::blocklists
