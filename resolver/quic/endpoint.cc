// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/endpoint.h"

#include <algorithm>
#include <array>

#include "resolver/base/random.h"

namespace cenote::quic {

using relay::Count;

namespace {

constexpr std::uint32_t kAnswersPerSecond = 100;
constexpr std::size_t kFirstPacketMin = 1200;  // RFC 9000 §6.1, §14.1

}  // namespace

Endpoint::Endpoint(const relay::Settings& settings, Outlet& outlet)
    : terms_{.settings = settings, .credentials = nullptr, .idle = settings.idle},
      outlet_(outlet),
      table_({settings.connections_max, settings.per_client_max, settings.client}, random_u64()),
      handshakes_of_(kHandshakesMax, settings.client),
      answers_left_(kAnswersPerSecond),
      ids_(1, IdHash{random_u64()}),
      slots_(settings.connections_max) {}

void Endpoint::take_datagram(const Route& route, ByteView packet, Ticks now) {
    const auto outside = read_outside(packet);
    if (!outside) return count(Count::Malformed);
    if (outside->form == Outside::Form::UnknownVersion) return answer_unknown(*outside, route, packet.size());
    const auto id = ConnectionId::from(outside->destination);
    const auto found = id ? ids_.find(*id) : ids_.end();
    if (found == ids_.end()) {
        if (outside->form == Outside::Form::Short) return answer_unknown(*outside, route, packet.size());
        return begin(route, packet, now);
    }
    const SlabHandle handle = found->second;
    slots_[handle.slot].connection->receive(route, packet, now);
    touch(handle);
}

/// Another version is offered, and a connection that is not known is reset, at most kAnswersPerSecond times.
void Endpoint::answer_unknown(const Outside& outside, const Route& route, std::size_t received) {
    const bool version = outside.form == Outside::Form::UnknownVersion;
    if (answers_left_ == 0 || (version && received < kFirstPacketMin)) return;
    std::array<std::uint8_t, kPacketBytesMax> space;
    const std::size_t size = version ? write_versions(outside, space)
                                     : write_reset(outside.destination, received, terms_.settings.secret, space);
    if (size == 0) return;
    --answers_left_;
    if (!version) count(Count::Resets);
    outlet_.send_datagram(route, ByteView(space).first(size));
}

void Endpoint::begin(const Route& route, ByteView packet, Ticks now) {
    const auto initial = read_initial(packet);
    if (!initial) return count(Count::Malformed);
    std::array<std::uint8_t, kPacketBytesMax> space;
    const auto refuse = [&](Refused why) {
        outlet_.send_datagram(route, ByteView(space).first(write_refusal(*initial, why, space)));
    };
    Beginning beginning{.initial = *initial, .retried = std::nullopt, .route = route};
    if (has_retry_token(*initial)) {
        beginning.retried = check_token(*initial, route.peer, terms_.settings.secret, now);
        if (!beginning.retried) return refuse(Refused::Token);
    } else if (must_prove(route.peer.ip)) {
        count(Count::Retried);
        const std::size_t size = write_retry(*initial, route.peer, terms_.settings.secret, now, space);
        return outlet_.send_datagram(route, ByteView(space).first(size));
    }
    if (!admits(beginning, now)) return refuse(Refused::Connection);
    const SlabHandle handle = table_.add(route.peer.ip, now);
    terms_.idle = table_.idle_timeout(terms_.settings.idle);
    Slot& slot = slots_[handle.slot];
    slot.connection = Connection::begin(*this, terms_, all_, beginning, handle, now);
    if (slot.connection == nullptr) {
        count(Count::Memory);
        return table_.remove(handle);
    }
    slot.handshake = true;
    ++handshakes_;
    handshakes_of_.add(route.peer.ip);
    slot.connection->receive(route, packet, now);
    touch(handle);
}

/// Whether a client has to prove its address, which may be forged to use up the limits of another client.
bool Endpoint::must_prove(const IpAddress& client) const noexcept {
    const std::uint32_t unproved = std::min(kUnprovedPerClientMax, terms_.settings.handshakes_per_client_max / 2);
    return handshakes_ >= kUnprovedMax || handshakes_of_.get(client) >= unproved ||
           table_.refusal(client) != ConnectionTable::Refusal::None;
}

bool Endpoint::admits(const Beginning& beginning, Ticks now) {
    const IpAddress& client = beginning.route.peer.ip;
    if (terms_.credentials == nullptr || handshakes_ >= kHandshakesMax || all_.used() > kBytesMax / 4 * 3) {
        count(Count::Refused);
        return false;
    }
    if (handshakes_of_.get(client) >= terms_.settings.handshakes_per_client_max) {
        count(Count::RefusedPerClient);
        return false;
    }
    return make_room(client, now);
}

/// Closes a connection that the table chooses; false: the new one is refused.
bool Endpoint::make_room(const IpAddress& client, Ticks now) {
    const auto refusal = table_.refusal(client);
    if (refusal == ConnectionTable::Refusal::None) return true;
    const SlabHandle victim = table_.choose_victim(client, now);
    if (!victim.valid()) {
        count(refusal == ConnectionTable::Refusal::Full ? Count::Refused : Count::RefusedPerClient);
        return false;
    }
    Connection& connection = *slots_[victim.slot].connection;
    count(connection.quiet() ? Count::Idle : Count::Refused);
    connection.close(DoqError::ExcessiveLoad, now);
    remove(victim);
    return true;
}

void Endpoint::reply(SlabHandle handle, std::int64_t stream, ByteView message, Ticks now) {
    if (!table_.has(handle)) return;
    slots_[handle.slot].connection->reply(stream, message, now);
    touch(handle);
}

void Endpoint::touch(SlabHandle handle) {
    if (!std::exchange(slots_[handle.slot].touched, true)) touched_.push_back(handle);
}

void Endpoint::turn(Ticks now) {
    while (!timers_.empty() && timers_.begin()->first <= now) {
        const SlabHandle handle = table_.at_slot(timers_.begin()->second);
        slots_[handle.slot].due = Ticks::max();
        timers_.erase(timers_.begin());
        slots_[handle.slot].connection->on_timer(now);
        touch(handle);
    }
    for (const SlabHandle handle : touched_) {
        if (!table_.has(handle)) continue;  // another one has its place
        slots_[handle.slot].touched = false;
        slots_[handle.slot].connection->flush(now);
        settle(handle);
    }
    touched_.clear();
}

/// Notes what has become of a connection.
void Endpoint::settle(SlabHandle handle) {
    Slot& slot = slots_[handle.slot];
    const Connection::State state = slot.connection->state();
    if (state == Connection::State::Gone) return remove(handle);
    if (state == Connection::State::Closing) end_handshake(handle.slot);
    table_.note(handle, slot.connection->quiet(), slot.connection->active());
    const Ticks due = slot.connection->due();
    if (due == slot.due) return;
    if (slot.due != Ticks::max()) timers_.erase({slot.due, handle.slot});
    slot.due = due;
    if (due != Ticks::max()) timers_.insert({due, handle.slot});
}

void Endpoint::end_handshake(std::uint32_t number) {
    Slot& slot = slots_[number];
    if (!std::exchange(slot.handshake, false)) return;
    --handshakes_;
    handshakes_of_.remove(slot.connection->peer().ip);
}

void Endpoint::remove(SlabHandle handle) {
    Slot& slot = slots_[handle.slot];
    end_handshake(handle.slot);
    if (slot.due != Ticks::max()) timers_.erase({slot.due, handle.slot});
    slot = {};
    table_.remove(handle);
}

Ticks Endpoint::due() const noexcept { return timers_.empty() ? Ticks::max() : timers_.begin()->first; }

void Endpoint::sweep(Ticks now) {
    answers_left_ = kAnswersPerSecond;
    const milliseconds idle = table_.idle_timeout(terms_.settings.idle);
    for (std::uint32_t number = 0; number < table_.capacity(); ++number) {
        const SlabHandle handle = table_.at_slot(number);
        if (!handle.valid()) continue;
        Connection& connection = *slots_[number].connection;
        connection.expire_streams(now);
        if (connection.state() == Connection::State::Open && connection.quiet() && now - connection.active() > idle) {
            count(Count::Idle);
            connection.close(DoqError::None, now);
        }
        touch(handle);
    }
    turn(now);
}

void Endpoint::close_all(Ticks now) {
    for (std::uint32_t number = 0; number < table_.capacity(); ++number) {
        const SlabHandle handle = table_.at_slot(number);
        if (!handle.valid()) continue;
        slots_[number].connection->close(DoqError::None, now);
        remove(handle);
    }
}

relay::Counts Endpoint::counts() const noexcept {
    relay::Counts counts = counts_;
    counts.set(Count::Open, table_.used());
    return counts;
}

void Endpoint::add_id(const ConnectionId& id, SlabHandle connection) { ids_.insert_or_assign(id, connection); }

void Endpoint::remove_id(const ConnectionId& id) { ids_.erase(id); }

void Endpoint::send_packet(const Route& route, ByteView packet) noexcept { outlet_.send_datagram(route, packet); }

void Endpoint::on_handshake(SlabHandle connection) { end_handshake(connection.slot); }

SlabHandle Endpoint::take_query(SlabHandle connection, std::int64_t stream, ByteView message) {
    return outlet_.take_query(connection, stream, slots_[connection.slot].connection->route(), message);
}

void Endpoint::drop_query(SlabHandle query) { outlet_.drop_query(query); }

void Endpoint::count(Count what) noexcept { counts_.add(what); }

}  // namespace cenote::quic
