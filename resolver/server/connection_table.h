// SPDX-License-Identifier: Apache-2.0
//
// The places for TCP connections: how many each client has, and which connection goes when another needs its place.
//
// Idle connections go first, and among equals those of the client that has the most (RFC 7766 §6.2.3). A connection
// with a query under way goes only when its client has at least two more than the client that wants the place, so that
// no number of clients can keep another from its fair share.
//
// Threads:  one worker's. Data plane.
// Memory:   fixed at construction: some 60 bytes for each connection that may be open. Clients are found by keyed hash;
//           two that share a place share a limit.
// Failure:  none: over a limit there is no place.
#pragma once

#include <cstdint>
#include <vector>

#include "resolver/base/address_counts.h"
#include "resolver/base/clock.h"
#include "resolver/base/slab.h"

namespace cenote::server {

class ConnectionTable {
public:
    struct Limits {
        std::uint32_t connections = 10000;
        std::uint32_t per_client = 256;
        ClientPrefix client{};
    };
    /// `seed`: of the hash by which clients are found.
    ConnectionTable(const Limits& limits, std::uint64_t seed);

    enum class Refusal : std::uint8_t { None, ClientFull, Full };
    /// Whether a connection of this client has no place.
    [[nodiscard]] Refusal refusal(const IpAddress& client) const noexcept;
    /// Which connection should be closed for one of this client, which was refused; not valid: none.
    [[nodiscard]] SlabHandle choose_victim(const IpAddress& client, Ticks now) noexcept;

    /// A place, idle; there must be one.
    SlabHandle add(const IpAddress& client, Ticks now) noexcept;
    /// Something happened on a connection. `idle`: nothing is under way on it.
    void note(SlabHandle connection, bool idle, Ticks now) noexcept;
    void remove(SlabHandle connection) noexcept;

    [[nodiscard]] bool has(SlabHandle connection) noexcept { return places_.find(connection) != nullptr; }
    /// The connection in a slot below capacity(); not valid: none.
    [[nodiscard]] SlabHandle at_slot(std::uint32_t slot) const noexcept { return of_slot_[slot]; }
    [[nodiscard]] std::uint32_t used() const noexcept { return places_.used(); }
    [[nodiscard]] std::uint32_t capacity() const noexcept { return places_.capacity(); }

private:
    static constexpr std::uint32_t kNone = 0xffffffff;

    /// A connection. Those of one client are chained, the one that was active longest ago first.
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

}  // namespace cenote::server
