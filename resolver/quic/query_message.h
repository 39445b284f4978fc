// SPDX-License-Identifier: Apache-2.0
//
// The query of a stream: two bytes with its length, the message, then the end of the stream (RFC 9250 §4.2).
//
// Threads:  plain value.
// Memory:   what the client has sent, at most 2 + 65,535 bytes.
// Failure:  State::Broken, after which the connection is closed with DOQ_PROTOCOL_ERROR (RFC 9250 §4.3.3).
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/bytes.h"

namespace cenote::quic {

inline constexpr std::size_t kLengthSize = 2;
inline constexpr std::size_t kQueryBytesMax = kLengthSize + 65535;

class QueryMessage {
public:
    enum class State : std::uint8_t {
        Incomplete,
        Complete,
        Broken,  // more or less than one message, or none that a client of DNS over QUIC may send
    };
    enum class Fin : std::uint8_t { No, Yes };

    /// Takes what came next; nothing may come after State::Complete or State::Broken.
    State add(ByteView bytes, Fin fin);
    /// Of State::Complete, without its length.
    [[nodiscard]] ByteView message() const noexcept { return ByteView(bytes_).subspan(kLengthSize); }
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }
    /// Frees the bytes.
    void clear() noexcept { std::vector<std::uint8_t>().swap(bytes_); }

private:
    std::vector<std::uint8_t> bytes_;
};

/// Whether a client may send this message: a header with the id 0 (RFC 9250 §4.2.1), no edns-tcp-keepalive (§5.5.2).
[[nodiscard]] bool may_be_sent(ByteView message) noexcept;

/// A reply with its length before it.
[[nodiscard]] std::vector<std::uint8_t> with_length(ByteView message);

}  // namespace cenote::quic
