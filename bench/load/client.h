// SPDX-License-Identifier: Apache-2.0
//
// Clients with a connection each, and some queries under way on it: DNS messages with their length in front, plain or
// through TLS, and requests of HTTP/2.
//
// Threads:  one.
// Memory:   a client has some 70 KiB.
// Failure:  false from send() and receive(): the connection has ended.
#pragma once

#include <memory>

#include "bench/load/tally.h"
#include "bench/load/wire.h"

namespace cenote::blast {

constexpr std::size_t kUnderWayMax = 64;  // of one client

/// What is under way.
struct Asked {
    std::uint64_t number = 0;  // of the query
    Ticks at{};
    bool open = false;
};

class Client {
public:
    explicit Client(std::unique_ptr<Wire> wire) : wire_(std::move(wire)) {}
    virtual ~Client() = default;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// Sends so many queries.
    virtual bool send(std::size_t count, Ticks now) = 0;
    virtual bool receive(Ticks now) = 0;
    [[nodiscard]] std::size_t open() const noexcept { return open_; }
    [[nodiscard]] int fd() const noexcept { return wire_->fd(); }

protected:
    std::unique_ptr<Wire> wire_;
    std::size_t open_ = 0;
};

/// RFC 7766, RFC 7858: the ids of a client are 0 to kUnderWayMax - 1.
std::unique_ptr<Client> make_message_client(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally);

enum class HttpMethod : std::uint8_t { Get, Post };
/// RFC 8484 over HTTP/2.
std::unique_ptr<Client> make_http_client(std::unique_ptr<Wire> wire, const Queries& queries, Tally& tally,
                                         HttpMethod method);

}  // namespace cenote::blast
