// SPDX-License-Identifier: Apache-2.0
//
// The daemon's side of cenote-quic, the process that ends QUIC (resolver/relay/relay.h): it connects to a socket beside
// the control socket, and is handed the UDP sockets, a socket to each worker, its limits, and the certificate with its
// key. It has nothing else: no file of Cenote, no port to bind, no say in what is answered.
//
// Only a process of the superuser, of the daemon's own user or of relay::kUser gets them, and one at a time.
//
// Threads:  the control thread.
// Time:     none of its calls waits.
// Memory:   one packet and a copy of the certificate.
// Failure:  a process that sends what is none of the protocol, or does not read, is disconnected and counted; the next
//           one may connect.
#pragma once

#include <memory>
#include <string>

#include "resolver/loop/loop.h"
#include "resolver/relay/relay.h"
#include "resolver/server/server.h"

namespace cenote::daemon {

class QuicDoor {
public:
    /// Listens at `path` for processes, which get the QUIC sockets of `server`; it must outlive this.
    static Result<std::unique_ptr<QuicDoor>> open(loop::Loop& loop, Path path, server::Server& server,
                                                  const server::Options& options);
    ~QuicDoor();
    QuicDoor(const QuicDoor&) = delete;
    QuicDoor& operator=(const QuicDoor&) = delete;

    /// What new connections use from here on; empty texts: none can begin.
    void set_certificate(std::string_view chain, std::string_view key);
    [[nodiscard]] bool connected() const noexcept { return connection_.valid(); }
    /// There has been no process for longer than one takes to start again.
    [[nodiscard]] bool absent(Ticks now) const noexcept;
    /// Of all processes that there were.
    [[nodiscard]] relay::Counts counts() const noexcept;
    /// How many processes have ended, or were disconnected.
    [[nodiscard]] std::uint64_t ended() const noexcept { return ended_; }

private:
    QuicDoor(loop::Loop& loop, Path path, UniqueFd listener, server::Server& server, const server::Options& options);
    void on_connection();
    [[nodiscard]] Status welcome(UniqueFd connection);
    void on_packets();
    [[nodiscard]] bool send(ByteView packet) noexcept;
    void disconnect();

    loop::Loop& loop_;
    Path path_;
    server::Server& server_;
    relay::Settings settings_;
    std::vector<std::uint8_t> packet_;
    std::string chain_;
    std::string key_;
    relay::Counts before_;  // of the processes that have ended
    relay::Counts now_;
    std::uint64_t ended_ = 0;
    Ticks without_since_;     // where none is connected
    bool refused_ = false;    // the last process that connected: refusals in a row have one line in the log
    bool oversized_ = false;  // the same of certificates
    UniqueFd listener_;
    UniqueFd connection_;
    loop::Poll listening_;
    loop::Timer listen_again_;  // after a time without descriptors
    std::unique_ptr<loop::Poll> connected_;
};

}  // namespace cenote::daemon
