// SPDX-License-Identifier: Apache-2.0
//
// One client of the control socket: lines in, lines out, one request at a time. Private to control.
//
// Threads:  its loop's. The server and the handlers that have not replied yet share it; once closed() is true it sends
//           nothing more.
// Memory:   at most kLineMax of requests that wait, kOutputMax of replies that the client has not read.
// Failure:  a malformed request gets an error, a late one gets none; both close the connection. Only a whole request
//           stops the timer of a request: single bytes do not prolong it. A client that leaves is noticed at once, or
//           within a second where nothing more is read from it.
#pragma once

#include <sys/types.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "resolver/control/control.h"

namespace cenote::control {

/// The error for a client without any right.
[[nodiscard]] std::string no_right(const Peer& peer);

class Connection final : public Reply::Client, public std::enable_shared_from_this<Connection> {
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

    void send_reply(const Response& response) override;
    void pace(std::function<void()> on_change) override;
    [[nodiscard]] const Peer* present() const noexcept override { return closed_ ? nullptr : &peer_; }
    [[nodiscard]] std::size_t unread() const noexcept override { return output_.size(); }

private:
    void on_event(unsigned events);
    void receive();
    void serve_waiting_lines();
    void serve(std::string_view line);
    void refuse(std::string why);  // the last reply
    void send(const Response& response);
    void flush();
    [[nodiscard]] ssize_t send_some(std::size_t from);
    void settle();  // decides what to watch next, or closes
    void await();   // starts the timer that belongs to the state
    void on_late();
    void close();
    [[nodiscard]] bool hung_up() const noexcept;
    [[nodiscard]] bool reads() const noexcept { return !ended_ && !leaving_ && input_.size() <= kLineMax; }

    enum class Awaited : std::uint8_t { Nothing, Request, Reader, Ourselves, HangUp };

    struct Files {
        std::size_t begin;  // in output_: the reply that they belong to, which is sent alone
        std::size_t end;
        std::vector<std::shared_ptr<const UniqueFd>> open;
    };

    UniqueFd fd_;
    Peer peer_;
    const Service& service_;
    std::string input_;
    std::string output_;
    std::deque<Files> files_;
    std::function<void()> on_change_;  // set while a paced reply is under way
    bool busy_ = false;                // a request has no last reply yet
    bool serving_ = false;             // serve_waiting_lines() is at work: replies must not start it again
    bool ended_ = false;               // the client sends no more
    bool leaving_ = false;             // close once the output is out
    bool closed_ = false;
    std::optional<loop::Poll> poll_;
    Awaited awaited_ = Awaited::Nothing;
    loop::Timer late_;
};

}  // namespace cenote::control
