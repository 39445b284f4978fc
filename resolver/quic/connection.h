// SPDX-License-Identifier: Apache-2.0
//
// One client's connection of QUIC: its handshake, its streams with a query and a reply each (RFC 9250), its end.
//
// It belongs to the address with which its handshake was made: packets from another one are dropped, so that the
// address of a query is one that has been validated. Another port of that address may follow (a NAT that forgot the old
// one).
//
// Threads:  one.
// Time:     an argument.
// Memory:   what ngtcp2 and the streams take is in its Budget; GnuTLS takes some 20 KiB beside it. A connection with
//           more than half of its budget taken is closed.
// Failure:  state(): Closing, while the reason for the end may have to be sent again; Gone, when nothing is left to do.
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "resolver/base/slab.h"
#include "resolver/quic/budget.h"
#include "resolver/quic/credentials.h"
#include "resolver/quic/packets.h"
#include "resolver/quic/query_message.h"

namespace cenote::quic {

/// The addresses of a packet, and the number of the socket that it came from.
struct Route {
    SocketAddress peer;
    SocketAddress local;
    std::uint32_t socket = 0;
};

/// RFC 9250 §8.4.
enum class DoqError : std::uint8_t { None = 0, Internal = 1, Protocol = 2, ExcessiveLoad = 4 };

/// What a connection needs of its surroundings. It is called from inside the connection, which it must not destroy.
class ConnectionHost {
public:
    virtual void add_id(const ConnectionId& id, SlabHandle connection) = 0;
    virtual void remove_id(const ConnectionId& id) = 0;
    virtual void send_packet(const Route& route, ByteView packet) noexcept = 0;
    virtual void on_handshake(SlabHandle connection) = 0;
    /// Takes a copy of a query; not valid: there is no room.
    virtual SlabHandle take_query(SlabHandle connection, std::int64_t stream, ByteView message) = 0;
    /// No reply is wanted any more.
    virtual void drop_query(SlabHandle query) = 0;
    virtual void count(relay::Count what) noexcept = 0;

protected:
    ~ConnectionHost() = default;
};

/// What all connections have in common.
struct Terms {
    relay::Settings settings;
    std::shared_ptr<const Credentials> credentials;  // nullptr: none can begin
    milliseconds idle{};                             // of those that begin now
};

/// The packet with which a connection begins.
struct Beginning {
    Initial initial;
    std::optional<ConnectionId> retried;  // the destination before a Retry; nullopt: there was none
    Route route;
};

class Connection {
public:
    /// nullptr: no memory. The packet itself is to be given to receive().
    static std::unique_ptr<Connection> begin(ConnectionHost& host, const Terms& terms, Budget& all,
                                             const Beginning& beginning, SlabHandle self, Ticks now);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    enum class State : std::uint8_t { Handshake, Open, Closing, Gone };
    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] const SocketAddress& peer() const noexcept { return route_.peer; }
    [[nodiscard]] const Route& route() const noexcept { return route_; }
    /// No query is under way, and no reply is unsent.
    [[nodiscard]] bool quiet() const noexcept { return live_ == 0; }
    /// The time of the last whole query or reply.
    [[nodiscard]] Ticks active() const noexcept { return active_; }
    /// When on_timer() is due.
    [[nodiscard]] Ticks due() const noexcept;

    void receive(const Route& route, ByteView packet, Ticks now);
    void on_timer(Ticks now);
    /// `message` empty: the query gets no reply, and its stream is reset.
    void reply(std::int64_t stream, ByteView message, Ticks now);
    /// Sends what may be sent now.
    void flush(Ticks now);
    /// Resets the streams that have stalled.
    void expire_streams(Ticks now);
    void close(DoqError error, Ticks now);

private:
    struct Glue;  // the callbacks of ngtcp2
    struct Stream {
        QueryMessage query;
        std::vector<std::uint8_t> reply;  // with its length; ngtcp2 refers to it until the stream is closed
        std::size_t sent = 0;
        SlabHandle request;      // valid: its reply is awaited
        Ticks since{};           // the begin of what it waits for: the query, its reply, or the client to take that
        bool cancelled = false;  // by the client: with one frame or with two
        bool over = false;       // reset, and not closed yet
    };
    struct Delete {
        void operator()(ngtcp2_conn* connection) const noexcept { ngtcp2_conn_del(connection); }
    };

    Connection(ConnectionHost& host, const Terms& terms, Budget& all, const Beginning& beginning, SlabHandle self,
               Ticks now);
    [[nodiscard]] bool add_id(ngtcp2_cid& id, std::uint8_t* token);
    [[nodiscard]] bool start(const Terms& terms, const Beginning& beginning, Ticks now);
    void on_stream_open(std::int64_t stream);
    void on_query_bytes(std::int64_t stream, ByteView bytes, QueryMessage::Fin fin);
    void on_complete(std::int64_t id, Stream& stream);
    void on_cancel(std::int64_t stream);
    void on_stream_close(std::int64_t stream);
    void on_handshake();
    void abandon(Stream& stream);
    void forget_query(Stream& stream);
    void reset_later(std::int64_t stream, DoqError error);
    void reset_noted();
    void unblock();
    [[nodiscard]] Stream* next_ready(std::int64_t& id);
    [[nodiscard]] bool write_packet(Ticks now);
    void end(const ngtcp2_connection_close_error& error, Ticks now);
    void end_for(int code, Ticks now);
    void drain(Ticks now);
    void leave();
    [[nodiscard]] bool is_alive() const noexcept { return state_ == State::Handshake || state_ == State::Open; }
    void send(const ngtcp2_path& path, ByteView packet) noexcept;

    ConnectionHost& host_;
    SlabHandle self_;
    Route route_;
    milliseconds stall_;
    relay::Secret secret_{};
    Budget budget_;
    ngtcp2_mem memory_;
    State state_ = State::Handshake;
    std::shared_ptr<const Credentials> credentials_;  // outlive the session
    Credentials::Session session_;
    ngtcp2_crypto_conn_ref reference_;
    std::unique_ptr<ngtcp2_conn, Delete> native_;
    std::vector<ConnectionId> ids_;
    std::map<std::int64_t, Stream> streams_;
    std::uint32_t live_ = 0;  // of them, those that are not over
    std::size_t reply_bytes_ = 0;
    std::deque<std::int64_t> ready_;     // streams with something to send
    std::vector<std::int64_t> blocked_;  // those for which the client has no room
    struct Reset {
        std::int64_t stream;
        DoqError error;
    };
    std::vector<Reset> resets_;  // noted in a callback, where ngtcp2 must not be called
    std::optional<DoqError> wanted_end_;
    std::uint64_t answered_ = 0;
    std::uint64_t cancelled_ = 0;
    Ticks now_{};  // of the call that is under way, for callbacks
    Ticks active_;
    Ticks next_burst_ = Ticks::max();   // when there is more to send
    std::vector<std::uint8_t> ending_;  // the packet that ends it, sent again when the client still sends
    std::uint32_t heard_ = 0;           // packets since
    Ticks gone_at_{};                   // of State::Closing
};

}  // namespace cenote::quic
