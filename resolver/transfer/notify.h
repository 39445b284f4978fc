// SPDX-License-Identifier: Apache-2.0
//
// NOTIFY messages (RFC 1996): that of a primary zone which changed, and the response to that of another primary.
// Private to transfer.
//
// Threads:  pure.
// Memory:   one message.
// Failure:  a NOTIFY that cannot be read, or of a zone that is not kept from its sender, is answered NOTAUTH.
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
    std::vector<SecondaryZoneOptions> changed;  // those that the sender is the primary of
};
/// The response to a NOTIFY. It needs no signature but the address of the zone's primary, because all that it leads to
/// is a query to that primary. nullopt: the message is no NOTIFY.
[[nodiscard]] std::optional<NotifyReply> answer_notify(const std::vector<SecondaryZoneOptions>& kept,
                                                       const SocketAddress& peer, ByteView message);

}  // namespace cenote::transfer
