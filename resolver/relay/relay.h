// SPDX-License-Identifier: Apache-2.0
//
// What the daemon and the process that ends QUIC for it (cenote-quic) send each other over local sockets of type
// SOCK_SEQPACKET. Each packet begins with a byte that gives its kind; integers are in network order.
//
// Two kinds of sockets: over the first, at socket_beside(), the daemon sends settings, sockets and certificates, and
// the process its counts. Over the others, one for each worker, the process sends the queries of clients, and the
// worker the replies. Both ends are of one package, and read nothing of what the other sends without checking it.
//
// Threads:  pure. Queries and replies are data plane; settings and certificates allocate.
// Memory:   what is read refers into the packet.
// Failure:  nullopt: the packet is none of this protocol, and the socket that it came from should be closed.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/address_counts.h"
#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/slab.h"

namespace cenote::relay {

/// Grows with each change of a packet: a process of another version ends, and its supervisor starts the new one.
inline constexpr std::uint32_t kVersion = 1;
/// The user of the process, who may connect beside the superuser and the daemon's own.
inline constexpr std::string_view kUser = "cenote-quic";

inline constexpr std::size_t kMessageMax = 65535;
inline constexpr std::size_t kQueryHead = 48;
inline constexpr std::size_t kReplyHead = 12;
inline constexpr std::size_t kPacketMax = kQueryHead + kMessageMax;  // of any kind
inline constexpr std::size_t kDescriptorsMax = 128;                  // with one packet
inline constexpr std::size_t kSocketsMax = 64;                       // addresses that QUIC is served on
inline constexpr std::size_t kLinksMax = 64;                         // workers that take queries
static_assert(kSocketsMax + kLinksMax <= kDescriptorsMax);

/// Beside the control socket of the daemon.
[[nodiscard]] Path socket_beside(const Path& control);

/// A query of a client.
struct Query {
    SocketAddress peer;    // as the handshake has validated it
    IpAddress local;       // to which the client sends
    std::uint64_t id = 0;  // comes back with the reply
    ByteView message;      // 1 to kMessageMax bytes
};
[[nodiscard]] constexpr std::uint64_t id_of(SlabHandle query) noexcept {
    return std::uint64_t{query.slot} << 32 | query.generation;
}
[[nodiscard]] constexpr SlabHandle handle_of(std::uint64_t id) noexcept {
    return {.slot = static_cast<std::uint32_t>(id >> 32), .generation = static_cast<std::uint32_t>(id)};
}
/// Without the message, which follows.
[[nodiscard]] std::array<std::uint8_t, kQueryHead> query_head(const Query& query) noexcept;
[[nodiscard]] std::optional<Query> read_query(ByteView packet) noexcept;

struct Reply {
    std::uint64_t id = 0;
    ByteView message;  // empty: the query gets no reply
};
[[nodiscard]] std::array<std::uint8_t, kReplyHead> reply_head(std::uint64_t id) noexcept;
[[nodiscard]] std::optional<Reply> read_reply(ByteView packet) noexcept;

using Secret = std::array<std::uint8_t, 32>;

/// The first packet of the daemon. With it come descriptors: the UDP sockets, then an end of the socket of each worker.
struct Settings {
    std::uint32_t sockets = 0;
    std::uint32_t links = 0;
    std::uint32_t connections_max = 0;
    std::uint32_t per_client_max = 0;
    std::uint32_t handshakes_per_client_max = 0;
    std::uint32_t streams_max = 0;  // of a connection at the same time
    ClientPrefix client{};
    milliseconds idle{};
    milliseconds handshake{};
    milliseconds stall{};  // a stream whose query, or whose taking of the reply, takes longer is reset
    Secret secret{};       // of retry tokens and stateless resets: the same for each process that this daemon has

    friend bool operator==(const Settings&, const Settings&) = default;
};
[[nodiscard]] std::vector<std::uint8_t> settings_packet(const Settings& settings);
[[nodiscard]] std::optional<Settings> read_settings(ByteView packet) noexcept;

/// A certificate with its chain and its key, in PEM. Without a chain: no connection can begin.
struct Certificate {
    std::string_view chain;
    std::string_view key;
};
/// Both together are shorter than a packet.
[[nodiscard]] bool fits(const Certificate& certificate) noexcept;
[[nodiscard]] std::vector<std::uint8_t> certificate_packet(const Certificate& certificate);
[[nodiscard]] std::optional<Certificate> read_certificate(ByteView packet) noexcept;

/// What the process counts since it began, and how many connections are open.
enum class Count : std::uint8_t {
    Connections,       // with a complete handshake
    Failed,            // handshakes that were not completed
    Retried,           // Retry packets: the address of the client had to be validated first
    Refused,           // connections at the limit of all
    RefusedPerClient,  // connections, or handshakes under way, at the limit of one client
    Protocol,          // connections closed because the client did not keep to RFC 9250
    Idle,              // connections closed for silence, or to make room while they were idle
    Floods,            // connections closed because the client cancelled too many queries
    Memory,            // connections closed because they used up what one may allocate
    Stalled,           // streams reset: a query, an answer to it, or taking it took too long
    Overloaded,        // streams reset at a limit of this process
    Malformed,         // datagrams that are no packets of QUIC, or of another address than that of the connection
    Resets,            // stateless resets
    Open,              // connections now
};
inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::Open) + 1;
struct Counts {
    std::array<std::uint64_t, kCounts> values{};

    [[nodiscard]] std::uint64_t get(Count count) const noexcept { return values[static_cast<std::size_t>(count)]; }
    void add(Count count) noexcept { ++values[static_cast<std::size_t>(count)]; }
    void set(Count count, std::uint64_t value) noexcept { values[static_cast<std::size_t>(count)] = value; }
    friend bool operator==(const Counts&, const Counts&) = default;
};
inline constexpr std::size_t kCountsPacket = 4 + 8 * kCounts;
[[nodiscard]] std::array<std::uint8_t, kCountsPacket> counts_packet(const Counts& counts) noexcept;
[[nodiscard]] std::optional<Counts> read_counts(ByteView packet) noexcept;

}  // namespace cenote::relay
