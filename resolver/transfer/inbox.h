// SPDX-License-Identifier: Apache-2.0
//
// What the workers hand over: queries about zones that are transferred, which take signatures, time and long answers.
// A connection stays with its worker, and answers over it come back through an Outlet, so that other queries of the
// connection are answered meanwhile (RFC 7766 §6.2.1.1).
//
// Threads:  any worker calls the Inbox, any thread an Outlet; neither waits.
// Memory:   a fixed number of messages, and of one client no more than a share of them.
// Failure:  false: there is no room, and nothing was kept.
#pragma once

#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/slab.h"

namespace cenote::transfer {

/// A part of an answer over a stream.
struct Part {
    SlabHandle connection;
    std::vector<std::uint8_t> message;  // empty: the rest cannot be given, and the connection is of no more use
    bool last = true;                   // false: the next part comes after Inbox::go_on()
};

/// Takes answers for the connections of one worker. It outlives the Inbox.
class Outlet {
public:
    virtual void put(Part part) noexcept = 0;

protected:
    ~Outlet() = default;
};

/// The client, and how the answer goes back.
struct Asker {
    SocketAddress peer;
    IpAddress local;              // the address that was asked
    std::uint32_t interface = 0;  // and the interface, for link-local addresses
    int socket = -1;              // of a datagram; it outlives the Inbox
    bool any_address = false;     // the socket is bound to no address: the reply must name its own
    Outlet* outlet = nullptr;     // of a stream
    SlabHandle connection;        // of a stream

    [[nodiscard]] bool stream() const noexcept { return outlet != nullptr; }
};

class Inbox {
public:
    virtual bool take(const Asker& asker, ByteView message) noexcept = 0;
    /// The part before has left: the next may come.
    virtual bool go_on(Outlet& outlet, SlabHandle connection) noexcept = 0;
    /// The connection is closed. Finding no room does no harm then: its transfers end by their deadlines.
    virtual bool forget(Outlet& outlet, SlabHandle connection) noexcept = 0;

protected:
    ~Inbox() = default;
};

}  // namespace cenote::transfer
