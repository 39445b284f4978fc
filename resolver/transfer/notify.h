// SPDX-License-Identifier: Apache-2.0
//
// NOTIFY messages (RFC 1996): sent when a primary zone changed, and answered when they come from another primary.
// Private to transfer.
//
// Threads:  pure.
// Memory:   one message.
// Failure:  a NOTIFY that cannot be read, or not from the primary of a secondary zone, is answered NOTAUTH.
#pragma once

#include <optional>
#include <vector>

#include "resolver/transfer/message.h"
#include "resolver/transfer/options.h"

namespace cenote::transfer {

/// An unsigned NOTIFY (RFC 1996 §3.7).
[[nodiscard]] Message make_notify(const wire::Name& zone, std::uint16_t id);

struct NotifyReply {
    Message message;
    std::vector<SecondaryZoneOptions> changed;  // the secondary zones whose primary is the sender
};
/// The response to a NOTIFY. It needs no signature but the address of the zone's primary, because all that it leads to
/// is a query to that primary. nullopt: the message is no NOTIFY.
[[nodiscard]] std::optional<NotifyReply> answer_notify(const std::vector<SecondaryZoneOptions>& kept,
                                                       const SocketAddress& peer, ByteView message);

}  // namespace cenote::transfer
