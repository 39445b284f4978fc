// SPDX-License-Identifier: Apache-2.0
//
// What the workers hand over: queries about zones that are transferred, which take signatures, time and long answers.
//
// Threads:  any worker calls; nothing here waits.
// Memory:   a fixed number of datagrams; what finds no room is dropped, and its client asks again.
// Failure:  false: the caller keeps it.
#pragma once

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/fd.h"

namespace cenote::transfer {

/// Who asked, and by which socket the answer goes back.
struct Asker {
    SocketAddress peer;
    IpAddress local;              // the address that was asked
    std::uint32_t interface = 0;  // and the interface, for link-local addresses
    int socket = -1;              // of a datagram; it outlives the service
    bool any_address = false;     // the socket is bound to no address: the reply must name its own
};

class Inbox {
public:
    virtual void take_datagram(const Asker& asker, ByteView message) noexcept = 0;
    /// A connection, and the message that was read from it.
    virtual void take_stream(const Asker& asker, UniqueFd connection, ByteView message) noexcept = 0;

protected:
    ~Inbox() = default;
};

}  // namespace cenote::transfer
