// SPDX-License-Identifier: Apache-2.0
//
// A client of DNS over QUIC that also does what no client may do: the counterpart of resolver/quic in its tests. It has
// no socket: its packets are taken from it and given to it.
//
// Threads:  one.
// Time:     an argument.
// Memory:   what it has received.
// Failure:  what cannot be made stops the test process.
#pragma once

#include <gnutls/gnutls.h>
#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/bytes.h"
#include "resolver/base/clock.h"

namespace cenote::quic::testing {

using Bytes = std::vector<std::uint8_t>;

struct ClientOptions {
    SocketAddress own = {.ip = IpAddress::v4({192, 0, 2, 7}), .port = 40000, .scope_id = 0};
    SocketAddress server = {.ip = IpAddress::v4({192, 0, 2, 53}), .port = 853, .scope_id = 0};
    std::string alpn = "doq";             // empty: none
    std::uint64_t reply_room = 1U << 20;  // what the server may send at first, on a stream and in all
    milliseconds idle{60000};
};

class Client {
public:
    struct Stream {
        Bytes received;
        bool finished = false;
        std::optional<std::uint64_t> reset;  // the error code
    };
    /// Why the server has ended the connection.
    struct Ended {
        bool by_application = false;
        std::uint64_t code = 0;
    };

    Client(const ClientOptions& options, Ticks now);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] const SocketAddress& own() const noexcept { return options_.own; }
    /// Its packets that are due, one a datagram.
    [[nodiscard]] std::vector<Bytes> packets(Ticks now);
    void receive(ByteView packet, Ticks now);
    /// What its timers demand.
    void on_timer(Ticks now);
    [[nodiscard]] Ticks due() const noexcept;

    [[nodiscard]] bool complete() const noexcept { return complete_; }
    /// Whether the server has sent a ticket, with which a later connection could resume the session.
    [[nodiscard]] bool has_ticket() const noexcept {
        return (gnutls_session_get_flags(session_) & GNUTLS_SFLAGS_SESSION_TICKET) != 0;
    }
    [[nodiscard]] const std::optional<Ended>& ended() const noexcept { return ended_; }
    [[nodiscard]] bool alive() const noexcept { return !ended_ && !broken_; }

    enum class Fin : std::uint8_t { No, Yes };
    /// Opens a stream, which has room, and sends these bytes on it.
    std::int64_t open(Bytes bytes, Fin fin);
    void send(std::int64_t stream, Bytes bytes, Fin fin);
    /// RESET_STREAM and STOP_SENDING.
    void cancel(std::int64_t stream);
    /// A query in the frame of RFC 9250.
    std::int64_t ask(const Bytes& message) { return open(framed(message), Fin::Yes); }
    [[nodiscard]] bool may_open() const;
    [[nodiscard]] const Stream& stream(std::int64_t id) const { return streams_.at(id); }
    /// The message on a stream; nullopt: not the whole of one.
    [[nodiscard]] std::optional<Bytes> reply(std::int64_t stream) const;
    void close(Ticks now);

    [[nodiscard]] static Bytes framed(const Bytes& message);

private:
    struct Glue;
    struct Outgoing {
        Bytes bytes;
        std::size_t sent = 0;
        bool fin = false;
        bool fin_sent = false;
    };
    bool write(Ticks now, std::vector<Bytes>& out);

    ClientOptions options_;
    gnutls_certificate_credentials_t credentials_ = nullptr;
    gnutls_session_t session_ = nullptr;
    ngtcp2_crypto_conn_ref reference_{};
    ngtcp2_conn* native_ = nullptr;
    std::map<std::int64_t, Stream> streams_;
    std::map<std::int64_t, Outgoing> outgoing_;
    bool complete_ = false;
    bool broken_ = false;
    std::optional<Ended> ended_;
    std::optional<Bytes> last_words_;
};

}  // namespace cenote::quic::testing
