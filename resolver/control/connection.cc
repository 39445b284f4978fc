// SPDX-License-Identifier: Apache-2.0
#include "resolver/control/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace cenote::control {

std::string no_right(const Peer& peer) {
    return fmt::format(
        "{} may not use this socket; join a unix group named in control.readers, control.inspectors, control.approvers "
        "or control.admins",
        peer.actor);
}

Connection::Connection(loop::Loop& loop, UniqueFd fd, Peer peer, const Service& service)
    : fd_(std::move(fd)), peer_(std::move(peer)), service_(service), late_(loop, [this] { on_late(); }) {
    poll_.emplace(loop, fd_.get(), [this](unsigned events) { on_event(events); });
}

void Connection::start() { settle(); }

void Connection::set_peer(Peer peer) {
    peer_ = std::move(peer);
    if (!busy_ && !leaving_ && peer_.right == Right::None) refuse(no_right(peer_));
}

void Connection::on_event(unsigned events) {
    const auto alive = shared_from_this();  // close() may drop the server's share
    if ((events & loop::Poll::kWritable) != 0) flush();
    if (!closed_ && (events & loop::Poll::kReadable) != 0) receive();
    if (!closed_) serve_waiting_lines();
}

void Connection::receive() {
    char chunk[16384];
    while (!ended_ && input_.size() <= kLineMax) {
        const ssize_t got = ::recv(fd_.get(), chunk, sizeof chunk, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (got < 0) return close();
        if (got == 0) {
            ended_ = true;
            break;
        }
        input_.append(chunk, static_cast<std::size_t>(got));
    }
    if (ended_ && hung_up()) close();
}

void Connection::serve_waiting_lines() {
    if (serving_) return;
    serving_ = true;
    std::size_t done = 0;
    // A client that sends many requests and reads no replies blocks itself alone.
    while (!busy_ && !leaving_ && !closed_ && output_.size() < kLineMax) {
        const auto end = input_.find('\n', done);
        if (end == std::string::npos) break;
        // The handler may reply later, when input_ has changed: it gets values only.
        serve(std::string_view(input_).substr(done, end - done));
        done = end + 1;
    }
    input_.erase(0, done);
    serving_ = false;
    if (!closed_) settle();
}

void Connection::serve(std::string_view line) {
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    auto request = decode_request(line);
    if (!request) return refuse(request.error().text);
    busy_ = true;
    const auto answer = [self = weak_from_this()](const Response& response) {
        if (const auto alive = self.lock(); alive && !alive->closed_) alive->reply(response);
    };
    try {
        service_.handler(Peer(peer_), *request, answer);  // a reload changes peer_
    } catch (const Json::exception& mistake) {            // an argument of another type than the verb takes
        answer(Response{
            .ok = false, .more = false, .error = fmt::format("{}: {}", request->verb, mistake.what()), .data = {}});
    }
}

void Connection::reply(const Response& response) {
    if (!busy_) return;  // a reply behind the last one
    send(response);
    if (closed_ || response.more) return;
    busy_ = false;
    if (peer_.right == Right::None) leaving_ = true;  // the right was taken away while the request was under way
    serve_waiting_lines();
}

void Connection::refuse(std::string why) {
    leaving_ = true;
    send(Response{.ok = false, .more = false, .error = std::move(why), .data = {}});
}

void Connection::send(const Response& response) {
    std::string line = encode(response);
    if (line.size() > kLineMax)
        line = encode(Response{.ok = false,
                               .more = response.more,
                               .error = "the answer is too long for the control protocol; ask for less of it",
                               .data = {}});
    if (output_.size() + line.size() > kOutputMax) return close();
    output_ += line;
    files_.insert(files_.end(), response.files.begin(), response.files.end());
    flush();
}

/// Sends some of the bytes, and files with them.
ssize_t Connection::send_some(std::string_view bytes) {
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};  // sendmsg() only reads it
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kFilesMax * sizeof(int))> space{};
    const std::size_t count = std::min(files_.size(), kFilesMax);
    if (count > 0) {
        message.msg_control = space.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        for (std::size_t i = 0; i < count; ++i) {
            const int file = files_[i]->get();
            std::memcpy(CMSG_DATA(header) + i * sizeof(int), &file, sizeof file);
        }
    }
    const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) files_.erase(files_.begin(), files_.begin() + static_cast<std::ptrdiff_t>(count));
    return sent;
}

void Connection::flush() {
    std::size_t done = 0;
    while (done < output_.size()) {
        const ssize_t sent = send_some(std::string_view(output_).substr(done));
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (sent < 0) return close();
        done += static_cast<std::size_t>(sent);
    }
    output_.erase(0, done);
    if (done > 0) awaited_ = Awaited::Nothing;
    settle();
}

void Connection::settle() {
    if (!busy_ && !leaving_ && input_.size() > kLineMax && input_.find('\n') == std::string::npos)
        return refuse(fmt::format("the line is longer than {} bytes", kLineMax));
    if (output_.empty() && (leaving_ || (ended_ && !busy_ && !serving_))) return close();
    const bool reads = !ended_ && !leaving_ && input_.size() <= kLineMax;
    poll_->watch((reads ? loop::Poll::kReadable : 0U) | (output_.empty() ? 0U : loop::Poll::kWritable));
    await();
}

void Connection::await() {
    const Awaited now = !output_.empty() ? Awaited::Reader : busy_ ? Awaited::Ourselves : Awaited::Request;
    if (now == awaited_) return;
    awaited_ = now;
    if (now == Awaited::Ourselves) return late_.stop();
    late_.start(now == Awaited::Reader ? service_.unread_within : service_.request_within, milliseconds{0});
}

void Connection::on_late() {
    const auto alive = shared_from_this();  // close() may drop the server's share
    close();
}

void Connection::close() {
    if (closed_) return;
    closed_ = true;
    poll_.reset();
    late_.stop();
    fd_.reset();
    service_.on_closed(*this);
}

bool Connection::hung_up() const noexcept {
    pollfd state{.fd = fd_.get(), .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0;
}

}  // namespace cenote::control
