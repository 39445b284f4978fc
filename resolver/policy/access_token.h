// SPDX-License-Identifier: Apache-2.0
//
// Tokens in paths of DNS over HTTPS (/dns-query/TOKEN): whoever has one is in its group. Only their digests are kept.
//
// Threads:  pure.
// Memory:   a digest.
// Failure:  weakness_of() says for people why a text is no token, without the text itself.
#pragma once

#include <string>
#include <string_view>

#include "resolver/base/digest.h"

namespace cenote::policy {

inline constexpr std::size_t kTokenLengthMax = 128;

/// Found by digest, so that the time of a look-up says nothing about any token.
using TokenDigest = Sha256Digest;
[[nodiscard]] TokenDigest digest_of_token(std::string_view token);

/// Whether the text has a token's length and only characters that a path has without escapes (RFC 3986 §2.3).
[[nodiscard]] bool may_be_token(std::string_view text) noexcept;

/// Why the text must not be a token: it can be guessed (fewer than 128 bits), or does not fit into a path; empty: it
/// may be one.
[[nodiscard]] std::string weakness_of(std::string_view text);

}  // namespace cenote::policy
