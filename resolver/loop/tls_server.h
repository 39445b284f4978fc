// SPDX-License-Identifier: Apache-2.0
//
// The server side of TLS 1.2 and 1.3 for connections that clients open (RFC 7858, RFC 8484): a certificate with its
// key, and the keys of session tickets. A TlsServer does not change; a new certificate, or new ticket keys, is a new
// TlsServer, and connections go on with the one they began with.
//
// Clients may be asked for certificates: a valid one is an identity (Transport::peer_certificate()), also when the
// session is resumed, by a ticket that has the certificate in it.
//
// No renegotiation, no early data (RFC 8446 §8: it can be replayed), no session cache: a session that is resumed is in
// the ticket of the client, which every worker can read.
//
// Threads:  a TlsServer is shared by all threads. TlsBuffers and transports belong to one thread.
// Memory:   a context of OpenSSL; a session for each transport.
// Failure:  create() returns the reason in one line. nullptr from accept(): OpenSSL has no memory.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/base/fd.h"
#include "resolver/base/result.h"
#include "resolver/loop/stream.h"

namespace cenote::loop {

class TlsTransport;

/// Space that the TLS transports of a thread share, so that one system call receives many records and one sends many,
/// and one record has many messages.
class TlsBuffers {
public:
    static constexpr std::size_t kReceived = 4096;
    static constexpr std::size_t kPlain = 16384;  // of a record at most (RFC 8446 §5.1)
    static constexpr std::size_t kHeld = 32768;

    /// `streams` must outlive it: what a peer does not take moves into one of them.
    explicit TlsBuffers(StreamBuffers& streams) : streams_(streams), plain_(kPlain), held_(kHeld) {}
    TlsBuffers(const TlsBuffers&) = delete;
    TlsBuffers& operator=(const TlsBuffers&) = delete;

private:
    friend class TlsTransport;

    StreamBuffers& streams_;
    TlsTransport* reader_ = nullptr;  // whose bytes are in received_
    std::size_t received_begin_ = 0;
    std::size_t received_end_ = 0;
    // Of the transport between its hold() and release():
    std::size_t plain_end_ = 0;  // written, in no record yet
    std::size_t held_end_ = 0;   // records that are not sent yet
    std::array<std::uint8_t, kReceived> received_;
    std::vector<std::uint8_t> plain_;
    std::vector<std::uint8_t> held_;
};

/// The keys of session tickets (RFC 5077 §4): the first one makes tickets, the others are accepted still.
class TicketKeys {
public:
    static constexpr std::size_t kKept = 3;

    /// One random key.
    static TicketKeys create();
    /// With a new first key, and at most kKept - 1 of the present ones.
    [[nodiscard]] TicketKeys rolled() const;

    struct Key {
        std::array<std::uint8_t, 16> name{};
        std::array<std::uint8_t, 32> cipher{};
        std::array<std::uint8_t, 32> mac{};
    };
    [[nodiscard]] const std::vector<Key>& all() const noexcept { return keys_; }

private:
    std::vector<Key> keys_;
};

/// What a certificate says.
struct CertificateFacts {
    WallTime begins{};
    WallTime ends{};
    std::string subject;             // "CN=dns.agency.example", for people
    std::vector<std::string> names;  // DNS names and addresses of its subjectAltName (RFC 9525 §6)
};

/// What a client may ask for by ALPN (RFC 7301).
enum class Alpn : std::uint8_t {
    Dot,   // RFC 7858; a client that names none is served as well
    Http,  // h2; http/1.1 too, so that a client of it gets a response that refuses it
};

/// Whether clients are asked for a certificate, and served without a valid one.
enum class ClientCertificates : std::uint8_t { None, Optional, Required };

/// Which certificates of clients are valid.
struct ClientTrust {
    std::string authorities;  // that issue them, in PEM; empty: none are asked for
    std::string revoked{};    // lists of revoked ones of each of these authorities, in PEM; empty: none is looked at
    ClientCertificates asked = ClientCertificates::Optional;

    [[nodiscard]] bool asks() const noexcept { return asked != ClientCertificates::None && !authorities.empty(); }
    friend bool operator==(const ClientTrust&, const ClientTrust&) = default;
};

/// When what decides about certificates of clients ends; the epoch: there is no end.
struct TrustFacts {
    WallTime authorities_end{};  // the first of them
    WallTime revoked_ends{};  // when a list should have been replaced (RFC 5280 §5.1.2.5): none is valid from then on
};

class TlsServer {
public:
    /// `chain`: the certificate and those that lead to its authority, in PEM. `key`: its private key, in PEM.
    static Result<std::shared_ptr<const TlsServer>> create(std::string_view chain, std::string_view key,
                                                           const TicketKeys& tickets, const ClientTrust& trust = {});
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    /// A transport over an accepted socket. `buffers` must outlive it.
    [[nodiscard]] std::unique_ptr<Transport> accept(UniqueFd fd, TlsBuffers& buffers, Alpn alpn = Alpn::Dot) const;
    [[nodiscard]] const CertificateFacts& facts() const noexcept { return facts_; }
    [[nodiscard]] const TrustFacts& trust_facts() const noexcept;
    /// Equal for servers that take the same certificates of clients; 0: they ask for none.
    [[nodiscard]] std::uint64_t trust() const noexcept;
    /// Whether a client that asks for this name, or this address, accepts the certificate for it.
    [[nodiscard]] bool covers(const std::string& name) const;
    [[nodiscard]] bool covers(const IpAddress& address) const;

private:
    struct State;
    TlsServer(std::unique_ptr<State> state, CertificateFacts facts);

    std::unique_ptr<State> state_;
    CertificateFacts facts_;
};

}  // namespace cenote::loop
