// SPDX-License-Identifier: Apache-2.0
//
// All connections of QUIC: which one a datagram belongs to, which ones may begin, and when each has something to do.
//
// A client has to prove its address by a Retry (RFC 9000 §8.1.2) while kUnprovedMax handshakes are under way, or
// kUnprovedPerClientMax of its own, and at a limit of connections. Over the limits of all connections and of one client
// a new one replaces another (base/connection_table.h), or is refused.
//
// Threads:  one.
// Time:     an argument.
// Memory:   the connections, kBytesMax in all beside what GnuTLS takes.
// Failure:  what cannot be served is counted, and refused where QUIC has a way to.
#pragma once

#include <functional>
#include <set>
#include <unordered_map>

#include "resolver/base/connection_table.h"
#include "resolver/base/hash.h"
#include "resolver/quic/connection.h"

namespace cenote::quic {

/// Where datagrams and queries of the endpoint go.
class Outlet {
public:
    virtual void send_datagram(const Route& route, ByteView packet) noexcept = 0;
    /// See ConnectionHost.
    virtual SlabHandle take_query(SlabHandle connection, std::int64_t stream, const Route& route, ByteView message) = 0;
    virtual void drop_query(SlabHandle query) = 0;

protected:
    ~Outlet() = default;
};

class Endpoint final : private ConnectionHost {
public:
    static constexpr std::uint32_t kUnprovedMax = 64;
    static constexpr std::uint32_t kUnprovedPerClientMax = 8;
    static constexpr std::uint32_t kHandshakesMax = 1024;
    static constexpr std::size_t kBytesMax = 512U << 20;

    Endpoint(const relay::Settings& settings, Outlet& outlet);

    /// Of connections that begin from here on.
    void set_credentials(std::shared_ptr<const Credentials> credentials) {
        terms_.credentials = std::move(credentials);
    }
    void take_datagram(const Route& route, ByteView packet, Ticks now);
    /// To a query of take_query().
    void reply(SlabHandle connection, std::int64_t stream, ByteView message, Ticks now);
    /// Sends what is due, and does what has become due; to be called when all that came was taken.
    void turn(Ticks now);
    /// When turn() is due, though nothing comes.
    [[nodiscard]] Ticks due() const noexcept;
    /// Closes connections and resets streams that take too long; once a second.
    void sweep(Ticks now);
    void close_all(Ticks now);
    [[nodiscard]] relay::Counts counts() const noexcept;

private:
    struct IdHash {
        std::uint64_t seed;
        std::size_t operator()(const ConnectionId& id) const noexcept { return hash64(id.view(), seed); }
    };

    void begin(const Route& route, ByteView packet, Ticks now);
    [[nodiscard]] bool admits(const Beginning& beginning, Ticks now);
    [[nodiscard]] bool make_room(const IpAddress& client, Ticks now);
    void answer_unknown(const Outside& outside, const Route& route, std::size_t received);
    [[nodiscard]] bool must_prove(const IpAddress& client) const noexcept;
    void touch(SlabHandle handle);
    void settle(SlabHandle handle);
    void end_handshake(std::uint32_t slot);
    void remove(SlabHandle handle);

    void add_id(const ConnectionId& id, SlabHandle connection) override;
    void remove_id(const ConnectionId& id) override;
    void send_packet(const Route& route, ByteView packet) noexcept override;
    void on_handshake(SlabHandle connection) override;
    SlabHandle take_query(SlabHandle connection, std::int64_t stream, ByteView message) override;
    void drop_query(SlabHandle query) override;
    void count(relay::Count what) noexcept override;

    struct Slot {
        std::unique_ptr<Connection> connection;
        Ticks due = Ticks::max();
        bool touched = false;
        bool handshake = false;  // counted in handshakes_
    };

    Terms terms_;
    Outlet& outlet_;
    relay::Counts counts_;
    Budget all_{kBytesMax, nullptr};
    ConnectionTable table_;
    AddressCounts handshakes_of_;
    std::uint32_t handshakes_ = 0;
    std::uint32_t answers_left_ = 0;  // to packets of no connection, until the next sweep
    std::unordered_map<ConnectionId, SlabHandle, IdHash> ids_;
    std::set<std::pair<Ticks, std::uint32_t>> timers_;  // of slots
    std::vector<SlabHandle> touched_;
    std::vector<Slot> slots_;  // by the slots of table_; the connections end before what they refer to
};

}  // namespace cenote::quic
