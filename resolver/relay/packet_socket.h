// SPDX-License-Identifier: Apache-2.0
//
// Local sockets of type SOCK_SEQPACKET: packets arrive whole, and descriptors with them.
//
// Threads:  any. send_packet() and receive_packet() are data plane while no descriptors come with a packet.
// Time:     none of the calls waits.
// Memory:   the caller's; the kernel keeps what is not read, up to the size of the sender's buffer.
// Failure:  Result with one line, or a word for what the kernel says.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::relay {

/// Listens at `path`, in the place of what a process before this one left there. Every user may connect: peer_user()
/// says which one did.
Result<UniqueFd> listen_at(const Path& path);
/// Not valid: nothing listens there (errno).
UniqueFd connect_to(const Path& path);
/// Two ends of one socket.
Result<std::pair<UniqueFd, UniqueFd>> make_pair();

/// The user of the process at the other end, as it connected (SO_PEERCRED).
Result<uid_t> peer_user(int socket);
/// Whether this user may have the sockets and the key: the superuser, the user of this process, or kUser.
[[nodiscard]] bool may_relay(uid_t user);

enum class Sent : std::uint8_t { Yes, NoRoom, Closed };
/// A packet of two parts.
Sent send_packet(int socket, ByteView head, ByteView body) noexcept;
/// With duplicates of descriptors, at most kDescriptorsMax.
Sent send_packet(int socket, ByteView packet, std::span<const int> descriptors) noexcept;

enum class Received : std::uint8_t { Packet, Nothing, Closed, Garbage };  // Garbage: longer than the space
/// `packet`: the part of `space` that was filled. Descriptors that come with it are closed.
Received receive_packet(int socket, MutableBytes space, ByteView& packet) noexcept;
Received receive_packet(int socket, MutableBytes space, ByteView& packet, std::vector<UniqueFd>& descriptors);

}  // namespace cenote::relay
