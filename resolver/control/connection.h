// SPDX-License-Identifier: Apache-2.0
//
// One client of the control socket: lines in, lines out, one request at a time. Private to control.
//
// Threads:  its loop's. The server and whoever may still reply share it; it is dead once closed() is true.
// Memory:   at most kLineMax of requests that wait, kOutputMax of replies that the client has not read.
// Failure:  a client that sends nonsense gets an error, one that is late gets none; both are closed. Only a whole
//           request ends the wait for one: bytes that trickle in do not prolong it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "resolver/control/control.h"

namespace cenote::control {

/// What a client without any right gets.
[[nodiscard]] std::string no_right(const Peer& peer);

class Connection : public std::enable_shared_from_this<Connection> {
public:
    static constexpr std::size_t kOutputMax = 4 * kLineMax;

    struct Service {
        ControlServer::Handler handler;
        std::function<void(const Connection&)> on_closed;
        milliseconds request_within{};
        milliseconds unread_within{};
    };

    Connection(loop::Loop& loop, UniqueFd fd, Peer peer, const Service& service);

    void start();
    [[nodiscard]] bool closed() const noexcept { return closed_; }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }
    [[nodiscard]] const Peer& peer() const noexcept { return peer_; }
    /// Without a right the connection ends, after the reply to the request under way.
    void set_peer(Peer peer);

private:
    void on_event(unsigned events);
    void receive();
    void serve_waiting_lines();
    void serve(std::string_view line);
    void reply(const Response& response);
    void refuse(std::string why);  // the last word
    void send(const Response& response);
    void flush();
    void settle();  // what to watch next, or the end
    void await();   // starts the timer of what is waited for
    void on_late();
    void close();
    [[nodiscard]] bool hung_up() const noexcept;

    enum class Awaited : std::uint8_t { Nothing, Request, Reader, Ourselves };

    UniqueFd fd_;
    Peer peer_;
    const Service& service_;
    std::string input_;
    std::string output_;
    bool busy_ = false;     // a request has no last reply yet
    bool serving_ = false;  // serve_waiting_lines() is at work: replies must not start it again
    bool ended_ = false;    // the client sends no more
    bool leaving_ = false;  // close once the output is out
    bool closed_ = false;
    std::optional<loop::Poll> poll_;
    Awaited awaited_ = Awaited::Nothing;
    loop::Timer late_;
};

}  // namespace cenote::control
