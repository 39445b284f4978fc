// SPDX-License-Identifier: Apache-2.0
//
// The table of open connections: how many each client has, and which connection is closed for a new one at a limit.
//
// Idle connections are closed first, and among equals those of the client with the most connections (RFC 7766 §6.2.3).
// A connection with a query in flight is closed only when its client has at least two connections more than the client
// of the new one, so that no number of clients can deprive another of its fair share.
//
// Threads:  one worker. Data plane.
// Memory:   fixed at construction: some 60 bytes for each connection that may be open. Clients are found by keyed hash;
//           two clients with the same hash share a limit.
// Failure:  refusal(): a limit has been reached.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"
#include "resolver/base/slab.h"

namespace cenote {

class ConnectionTable {
public:
    struct Limits {
        std::uint32_t connections = 10000;
        std::uint32_t per_client = 256;
        ClientPrefix client{};
    };
    /// `seed`: the key of the hash.
    ConnectionTable(const Limits& limits, std::uint64_t seed);

    enum class Refusal : std::uint8_t { None, ClientFull, Full };
    /// The limit that keeps this client from another connection, if any.
    [[nodiscard]] Refusal refusal(const IpAddress& client) const noexcept;
    /// The connection to close so that one of this client, which was refused, can be added; not valid: none.
    [[nodiscard]] SlabHandle choose_victim(const IpAddress& client, Ticks now) noexcept;

    /// Adds an idle connection; refusal() must have been None.
    SlabHandle add(const IpAddress& client, Ticks now) noexcept;
    /// Records activity on a connection. `idle`: it has no query in flight and no unsent reply.
    void note(SlabHandle connection, bool idle, Ticks now) noexcept;
    void remove(SlabHandle connection) noexcept;

    [[nodiscard]] bool has(SlabHandle connection) noexcept { return places_.find(connection) != nullptr; }
    /// The connection in a slot below capacity(); not valid: none.
    [[nodiscard]] SlabHandle at_slot(std::uint32_t slot) const noexcept { return of_slot_[slot]; }
    [[nodiscard]] std::uint32_t used() const noexcept { return places_.used(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return places_.capacity(); }
    /// The idle timeout, which shrinks as the connections run out (RFC 7766 §6.2.3).
    [[nodiscard]] milliseconds idle_timeout(milliseconds longest) const noexcept;

private:
    static constexpr std::uint32_t kNone = 0xffffffff;

    /// A connection. The connections of one client form a list, the least recently active first.
    struct Place {
        SlabHandle handle;
        std::uint32_t client = 0;  // index into clients_
        std::uint32_t earlier = kNone;
        std::uint32_t later = kNone;
        bool idle = true;
        Ticks active{};
    };
    struct Client {
        std::uint32_t open = 0;
        std::uint32_t first = kNone;
        std::uint32_t last = kNone;
    };

    [[nodiscard]] std::uint32_t client_of(const IpAddress& ip) const noexcept;
    [[nodiscard]] Place* place_at(std::uint32_t slot) noexcept;
    [[nodiscard]] const Place* first_idle(const Client& client, Ticks since) noexcept;
    [[nodiscard]] const Place* sample(Ticks since) noexcept;
    void chain(Place& place) noexcept;
    void unchain(const Place& place) noexcept;

    Limits limits_;
    std::uint64_t seed_;
    Slab<Place> places_;  // earlier and later are slots
    std::vector<SlabHandle> of_slot_;
    std::vector<Client> clients_;
    std::uint32_t cursor_ = 0;  // the slot where the next sample begins
};

}  // namespace cenote
