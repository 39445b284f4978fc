// SPDX-License-Identifier: Apache-2.0
//
// Packets of QUIC that belong to no connection yet, or no more: reading the first one of a client, and writing what
// proves its address, offers another version, refuses it, or resets it (RFC 9000 §6, §8.1, §10.3).
//
// Threads:  one.
// Time:     an argument.
// Memory:   what is read refers into the packet; what is written goes into the caller's space.
// Failure:  nullopt and 0.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/relay/relay.h"

namespace cenote::quic {

inline constexpr std::size_t kPacketBytesMax = 1200;  // of what is sent: every path has room for it (RFC 9000 §14)
inline constexpr std::size_t kOwnIdSize = 16;         // of the connection ids that are chosen here
inline constexpr std::size_t kResetTokenSize = 16;

struct ConnectionId {
    std::array<std::uint8_t, 20> bytes{};
    std::uint8_t size = 0;

    /// Nothing where there are too many bytes.
    [[nodiscard]] static std::optional<ConnectionId> from(ByteView bytes) noexcept;
    [[nodiscard]] static ConnectionId random() noexcept;
    [[nodiscard]] ByteView view() const noexcept { return ByteView(bytes).first(size); }
    friend bool operator==(const ConnectionId&, const ConnectionId&) noexcept = default;
};

/// What every packet shows without a key (RFC 8999).
struct Outside {
    enum class Form : std::uint8_t { Short, Long, UnknownVersion };
    Form form = Form::Short;
    ByteView destination;  // longer than a ConnectionId at most where the version is not known
    ByteView source;       // none in Form::Short
};
[[nodiscard]] std::optional<Outside> read_outside(ByteView packet) noexcept;

/// The packet that begins a connection.
struct Initial {
    ConnectionId destination;
    ConnectionId source;
    std::uint32_t version = 0;
    ByteView token;
};
/// nullopt: it begins none, because it is too short, of another type or another version.
[[nodiscard]] std::optional<Initial> read_initial(ByteView packet) noexcept;

/// Retry: the client sends its first packet again, with a token that is valid for its address for ten seconds.
[[nodiscard]] std::size_t write_retry(const Initial& initial, const SocketAddress& client, const relay::Secret& secret,
                                      Ticks now, MutableBytes space) noexcept;
/// Whether the token is one of write_retry(), by its first byte: clients may send tokens of other servers.
[[nodiscard]] bool has_retry_token(const Initial& initial) noexcept;
/// The destination of the packet that was answered by a Retry; nullopt: the token proves nothing.
[[nodiscard]] std::optional<ConnectionId> check_token(const Initial& initial, const SocketAddress& client,
                                                      const relay::Secret& secret, Ticks now) noexcept;
/// Ends a connection that does not begin: INVALID_TOKEN or CONNECTION_REFUSED.
enum class Refused : std::uint8_t { Token, Connection };
[[nodiscard]] std::size_t write_refusal(const Initial& initial, Refused why, MutableBytes space) noexcept;
/// The versions that are spoken here, which is one.
[[nodiscard]] std::size_t write_versions(const Outside& packet, MutableBytes space) noexcept;
/// Shorter than the packet of `received` bytes that it answers, so that no two ends answer each other for ever.
[[nodiscard]] std::size_t write_reset(ByteView destination, std::size_t received, const relay::Secret& secret,
                                      MutableBytes space) noexcept;
/// By which a client recognises the reset of a connection.
[[nodiscard]] std::optional<std::array<std::uint8_t, kResetTokenSize>> reset_token(
    const ConnectionId& id, const relay::Secret& secret) noexcept;

}  // namespace cenote::quic
