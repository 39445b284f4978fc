// SPDX-License-Identifier: Apache-2.0
#include "resolver/base/connection_table.h"

#include <algorithm>
#include <bit>
#include <tuple>

#include "resolver/base/hash.h"

namespace cenote {
namespace {

// A client above its fair share has many connections, so that a sample of this size contains one of them.
constexpr std::uint32_t kSample = 64;
// The first query of a new connection may not have arrived within this time: the connection is not idle yet.
constexpr milliseconds kTimeToAsk{250};
constexpr milliseconds kIdleLeast{1000};

}  // namespace

ConnectionTable::ConnectionTable(const Limits& limits, std::uint64_t seed)
    : limits_(limits),
      seed_(seed),
      places_(limits.connections),
      of_slot_(limits.connections),
      clients_(std::bit_ceil(std::max(limits.connections, 1U) * 4U)) {}

std::uint32_t ConnectionTable::client_of(const IpAddress& ip) const noexcept {
    return static_cast<std::uint32_t>(hash64(limits_.client.of(ip).octets(), seed_) & (clients_.size() - 1));
}

ConnectionTable::Refusal ConnectionTable::refusal(const IpAddress& client) const noexcept {
    if (clients_[client_of(client)].open >= limits_.per_client) return Refusal::ClientFull;
    return used() == capacity() ? Refusal::Full : Refusal::None;
}

SlabHandle ConnectionTable::choose_victim(const IpAddress& client, Ticks now) noexcept {
    const Client& own = clients_[client_of(client)];
    if (own.open >= limits_.per_client) {
        const Place* idle = first_idle(own, now);
        return idle != nullptr ? idle->handle : SlabHandle{};
    }
    const Ticks since = now - kTimeToAsk;
    const Place* sampled = sample(since);
    if (sampled == nullptr) return {};
    const Client& other = clients_[sampled->client];
    if (const Place* idle = first_idle(other, since)) return idle->handle;
    return other.open > own.open + 1 ? place_at(other.first)->handle : SlabHandle{};
}

/// The best candidate of a sample: idle ones first, among them those of the client with the most connections.
const ConnectionTable::Place* ConnectionTable::sample(Ticks since) noexcept {
    const auto rank = [&](const Place& place) {
        return std::tuple(place.idle && place.active <= since, clients_[place.client].open,
                          -place.active.time_since_epoch());
    };
    const Place* best = nullptr;
    std::uint32_t looked_at = 0;
    for (std::uint32_t slot = 0; slot < capacity() && looked_at < kSample; ++slot) {
        const Place* place = place_at(cursor_);
        cursor_ = cursor_ + 1 < capacity() ? cursor_ + 1 : 0;
        if (place == nullptr) continue;
        ++looked_at;
        if (best == nullptr || rank(*place) > rank(*best)) best = place;
    }
    return best;
}

/// The least recently active connection of this client that has been idle since then.
const ConnectionTable::Place* ConnectionTable::first_idle(const Client& client, Ticks since) noexcept {
    for (const Place* place = place_at(client.first); place != nullptr && place->active <= since;
         place = place_at(place->later))
        if (place->idle) return place;
    return nullptr;
}

SlabHandle ConnectionTable::add(const IpAddress& client, Ticks now) noexcept {
    const SlabHandle handle = places_.take();
    Place& place = places_.at(handle);
    place = {.handle = handle, .client = client_of(client), .active = now};
    of_slot_[handle.slot] = handle;
    ++clients_[place.client].open;
    chain(place);
    return handle;
}

void ConnectionTable::note(SlabHandle connection, bool idle, Ticks now) noexcept {
    Place& place = places_.at(connection);
    place.idle = idle;
    if (place.active == now) return;
    place.active = now;
    unchain(place);
    chain(place);
}

void ConnectionTable::remove(SlabHandle connection) noexcept {
    const Place& place = places_.at(connection);
    unchain(place);
    --clients_[place.client].open;
    of_slot_[connection.slot] = {};
    places_.give_back(connection);
}

milliseconds ConnectionTable::idle_timeout(milliseconds longest) const noexcept {
    const double share = static_cast<double>(used()) / capacity();
    if (share < 0.5) return longest;
    const auto shrunk = std::chrono::duration_cast<milliseconds>(longest * (2.0 * (1.0 - share)));
    return std::max(shrunk, std::min(kIdleLeast, longest));
}

ConnectionTable::Place* ConnectionTable::place_at(std::uint32_t slot) noexcept {
    return slot == kNone ? nullptr : places_.find(of_slot_[slot]);
}

/// Appends a connection to the list of its client.
void ConnectionTable::chain(Place& place) noexcept {
    Client& client = clients_[place.client];
    place.earlier = client.last;
    place.later = kNone;
    if (Place* before = place_at(client.last))
        before->later = place.handle.slot;
    else
        client.first = place.handle.slot;
    client.last = place.handle.slot;
}

void ConnectionTable::unchain(const Place& place) noexcept {
    Client& client = clients_[place.client];
    if (Place* before = place_at(place.earlier))
        before->later = place.later;
    else
        client.first = place.later;
    if (Place* after = place_at(place.later))
        after->earlier = place.earlier;
    else
        client.last = place.earlier;
}

}  // namespace cenote
