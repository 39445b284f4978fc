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
namespace {

/// How often a client is looked for from which nothing is read, so that the loop does not report its end.
constexpr milliseconds kHangUpLook{1000};

}  // namespace

void Reply::operator()(const Response& response) const {
    if (const auto client = client_.lock(); client != nullptr && client->present() != nullptr)
        client->send_reply(response);
}

void Reply::pace(std::function<void()> on_change) const {
    if (const auto client = client_.lock(); client != nullptr && client->present() != nullptr)
        client->pace(std::move(on_change));
}

Reply Reply::in_the_name_of(std::function<Peer()> user) const {
    Reply same = *this;
    same.user_ = std::move(user);
    return same;
}

std::optional<Peer> Reply::peer() const {
    const auto client = client_.lock();
    if (client == nullptr || client->present() == nullptr) return std::nullopt;
    if (user_) return user_();
    return *client->present();
}

std::size_t Reply::unread() const {
    const auto client = client_.lock();
    return client == nullptr ? 0 : client->unread();
}

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
    if (on_change_) on_change_();
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
    const Reply answer{weak_from_this()};
    try {
        service_.handler(Peer(peer_), *request, answer);  // a reload changes peer_
    } catch (const Json::exception& mistake) {            // an argument of another type than the verb takes
        answer(Response{
            .ok = false, .more = false, .error = fmt::format("{}: {}", request->verb, mistake.what()), .data = {}});
    }
}

void Connection::send_reply(const Response& response) {
    if (!busy_) return;  // a reply behind the last one
    if (!response.more) on_change_ = nullptr;
    send(response);
    if (closed_ || response.more) return;
    busy_ = false;
    if (peer_.right == Right::None) leaving_ = true;  // the right was taken away while the request was under way
    serve_waiting_lines();
}

void Connection::pace(std::function<void()> on_change) {
    on_change_ = std::move(on_change);
    await();
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
    if (!response.files.empty()) files_.push_back({output_.size(), output_.size() + line.size(), response.files});
    output_ += line;
    flush();
}

/// Sends some of the output. Files go with the first byte of their reply, and with no byte of another: by that the
/// client can assign them.
ssize_t Connection::send_some(std::size_t from) {
    const bool with_files = !files_.empty() && files_.front().begin == from;
    const std::size_t to = with_files ? files_.front().end : files_.empty() ? output_.size() : files_.front().begin;
    const std::string_view bytes = std::string_view(output_).substr(from, to - from);
    iovec part{.iov_base = const_cast<char*>(bytes.data()), .iov_len = bytes.size()};  // sendmsg() only reads it
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kFilesMax * sizeof(int))> space{};
    const std::size_t count = with_files ? std::min(files_.front().open.size(), kFilesMax) : 0;
    if (count > 0) {
        message.msg_control = space.data();
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        for (std::size_t i = 0; i < count; ++i) {
            const int file = files_.front().open[i]->get();
            std::memcpy(CMSG_DATA(header) + i * sizeof(int), &file, sizeof file);
        }
    }
    const ssize_t sent = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0 && with_files) files_.pop_front();
    return sent;
}

void Connection::flush() {
    std::size_t done = 0;
    while (done < output_.size()) {
        const ssize_t sent = send_some(done);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (sent < 0) return close();
        done += static_cast<std::size_t>(sent);
    }
    output_.erase(0, done);
    for (Files& each : files_) {
        each.begin -= done;
        each.end -= done;
    }
    if (done > 0) awaited_ = Awaited::Nothing;
    if (done > 0 && output_.empty() && on_change_) on_change_();
    settle();
}

void Connection::settle() {
    if (!busy_ && !leaving_ && input_.size() > kLineMax && input_.find('\n') == std::string::npos)
        return refuse(fmt::format("the line is longer than {} bytes", kLineMax));
    if (output_.empty() && (leaving_ || (ended_ && !busy_ && !serving_))) return close();
    poll_->watch((reads() ? loop::Poll::kReadable : 0U) | (output_.empty() ? 0U : loop::Poll::kWritable));
    await();
}

void Connection::await() {
    Awaited now = Awaited::Request;
    if (!output_.empty() && !on_change_)
        now = Awaited::Reader;
    else if (busy_)
        now = reads() ? Awaited::Ourselves : Awaited::HangUp;
    if (now == awaited_) return;
    awaited_ = now;
    switch (now) {
        case Awaited::Nothing:
        case Awaited::Ourselves: return late_.stop();
        case Awaited::HangUp: return late_.start(kHangUpLook, kHangUpLook);
        case Awaited::Reader: return late_.start(service_.unread_within, milliseconds{0});
        case Awaited::Request: return late_.start(service_.request_within, milliseconds{0});
    }
}

void Connection::on_late() {
    if (awaited_ == Awaited::HangUp && !hung_up()) return;
    const auto alive = shared_from_this();  // close() may drop the server's share
    close();
}

void Connection::close() {
    if (closed_) return;
    closed_ = true;
    poll_.reset();
    late_.stop();
    fd_.reset();
    if (on_change_) on_change_();
    service_.on_closed(*this);
}

bool Connection::hung_up() const noexcept {
    pollfd state{.fd = fd_.get(), .events = 0, .revents = 0};
    return ::poll(&state, 1, 0) == 1 && (state.revents & POLLHUP) != 0;
}

}  // namespace cenote::control
