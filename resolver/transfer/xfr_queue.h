// SPDX-License-Identifier: Apache-2.0
//
// The queue from the workers to the transfer service: zone maintenance queries (transfers, NOTIFY, and the SOA queries
// before them), which need signatures, time and long answers. A connection stays with its worker, whatever its
// transport is: the answer comes back through an Outlet, and other queries of the connection are answered meanwhile
// (RFC 7766 §6.2.1.1).
//
// Threads:  any worker calls the XfrQueue, any thread an Outlet; neither waits.
// Memory:   a fixed number of messages; one client has at most a share of them.
// Failure:  false: there is no room, and the message was not taken.
#pragma once

#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/slab.h"

namespace cenote::transfer {

/// One message of an answer over a connection.
struct Part {
    SlabHandle connection;
    std::vector<std::uint8_t> message;  // empty: the rest cannot be sent, and the connection must be closed
    bool last = true;                   // false: the next part follows after XfrQueue::continue_transfer()
};

/// Takes answers for the connections of one worker. It outlives the XfrQueue.
class Outlet {
public:
    virtual void put_part(Part part) noexcept = 0;

protected:
    ~Outlet() = default;
};

/// The client of a query, and where its response is sent.
struct QueryOrigin {
    SocketAddress peer;
    SocketAddress reply_to;       // datagrams only: the peer, or the proxy in front of it
    IpAddress local;              // the address to which the query was sent
    std::uint32_t interface = 0;  // its interface, for link-local addresses
    int socket = -1;              // datagrams only: the socket, which outlives the XfrQueue
    bool any_address = false;     // datagrams only: the socket is bound to all addresses, so the reply names its source
    Outlet* outlet = nullptr;     // connections only
    SlabHandle connection;        // connections only

    [[nodiscard]] bool stream() const noexcept { return outlet != nullptr; }
};

class XfrQueue {
public:
    virtual bool take(const QueryOrigin& origin, ByteView message) noexcept = 0;
    /// The previous part has left; the next one may follow.
    virtual bool continue_transfer(Outlet& outlet, SlabHandle connection) noexcept = 0;
    /// The connection is closed. Failing is harmless: its transfers end at their deadlines.
    virtual bool forget(Outlet& outlet, SlabHandle connection) noexcept = 0;

protected:
    ~XfrQueue() = default;
};

}  // namespace cenote::transfer
