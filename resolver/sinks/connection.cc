// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/connection.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace cenote::sinks {
namespace {

using loop::Transport;

constexpr int kLooks = 16;  // the rest is read the next time

Error error_of(std::string_view what) { return Error{fmt::format("{}: {}", what, std::strerror(errno))}; }

short poll_events(unsigned events) noexcept {
    return static_cast<short>(((events & loop::Poll::kReadable) != 0 ? POLLIN : 0) |
                              ((events & loop::Poll::kWritable) != 0 ? POLLOUT : 0));
}

void set_option(int fd, int level, int name, int value) noexcept {
    ::setsockopt(fd, level, name, &value, sizeof value);
}

/// Without these a receiver whose machine is gone would be noticed after a quarter of an hour.
void notice_lost_peer(int fd) noexcept {
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
    set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
    set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 60'000);
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

socklen_t native_of(const Destination& to, sockaddr_storage& native) {
    if (to.channel != Channel::Unix) return to.address.to_native(native);
    auto& unix_address = reinterpret_cast<sockaddr_un&>(native);
    unix_address.sun_family = AF_UNIX;
    const std::string path = to.path.string();
    const std::size_t size = std::min(path.size(), sizeof unix_address.sun_path - 1);
    std::memcpy(unix_address.sun_path, path.data(), size);
    return static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size + 1);
}

}  // namespace

Error too_late(const Waiter& waiter) {
    return Error{
        fmt::format("it has not answered within {} s", std::chrono::duration<double>(waiter.answer()).count())};
}

Result<std::unique_ptr<Connection>> Connection::open(const Destination& to, Waiter& waiter) {
    std::unique_ptr<Connection> made(new Connection(waiter));
    if (to.channel == Channel::Tls) {
        auto tls = loop::TlsClient::create(to.ca);
        if (!tls) return std::move(tls).error();
        made->tls_ = std::move(*tls);
    }
    if (auto connected = made->connect(to); !connected) return std::move(connected).error();
    return made;
}

Status Connection::connect(const Destination& to) {
    sockaddr_storage native{};
    const socklen_t size = native_of(to, native);
    const int type = to.channel == Channel::Udp ? SOCK_DGRAM : SOCK_STREAM;
    UniqueFd fd(::socket(native.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.valid()) return error_of("no socket can be made");
    if (to.channel == Channel::Tcp || to.channel == Channel::Tls) notice_lost_peer(fd.get());
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0) {
        if (errno != EINPROGRESS) return error_of("it cannot be reached");
        const Waiter::End end = waiter_.for_socket(fd.get(), POLLOUT);
        if (end != Waiter::End::Ready) return too_late(waiter_);
        int error = 0;
        socklen_t length = sizeof error;
        ::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length);
        if (error != 0) return Error{fmt::format("it cannot be reached: {}", std::strerror(error))};
    }
    if (to.channel != Channel::Tls) {
        transport_ = loop::make_plain_transport(std::move(fd));
        return Done{};
    }
    transport_ = tls_->connect(std::move(fd), to.name);
    if (transport_ == nullptr) return Error{"OpenSSL has no memory for a session"};
    return finish_handshake();
}

Status Connection::finish_handshake() {
    std::array<std::uint8_t, 512> early;
    while (!transport_->is_ready()) {
        errno = 0;
        const Transport::Moved moved = transport_->read(early);
        if (moved.status == Transport::Status::Done || transport_->is_ready()) break;
        if (moved.status != Transport::Status::Again) return failure(moved.status);
        if (waiter_.for_socket(fd(), poll_events(transport_->read_waits_for())) != Waiter::End::Ready)
            return too_late(waiter_);
    }
    return Done{};
}

Error Connection::failure(Transport::Status status) const {
    if (status == Transport::Status::End) return Error{"it has closed the connection"};
    if (std::string reason = transport_->failure(); !reason.empty()) return Error{std::move(reason)};
    return errno == 0 ? Error{"it has closed the connection"} : error_of("the connection has failed");
}

Status Connection::write(ByteView bytes, const std::function<void()>& on_late) {
    while (!bytes.empty()) {
        errno = 0;
        const Transport::Moved moved = transport_->write(bytes, {});
        if (moved.status == Transport::Status::Done) {
            bytes = bytes.subspan(moved.count);
            continue;
        }
        if (moved.status != Transport::Status::Again) return failure(moved.status);
        switch (waiter_.for_socket(fd(), poll_events(transport_->write_waits_for()))) {
            case Waiter::End::Ready: break;
            case Waiter::End::Late: on_late(); break;
            case Waiter::End::Stopped: return Error{"it did not take the rest in time"};
        }
    }
    return Done{};
}

Status Connection::read(MutableBytes bytes) {
    while (!bytes.empty()) {
        errno = 0;
        const Transport::Moved moved = transport_->read(bytes);
        if (moved.status == Transport::Status::Done) {
            bytes = bytes.subspan(moved.count);
            continue;
        }
        if (moved.status != Transport::Status::Again) return failure(moved.status);
        if (waiter_.for_socket(fd(), poll_events(transport_->read_waits_for())) != Waiter::End::Ready)
            return too_late(waiter_);
    }
    return Done{};
}

Status Connection::look() {
    std::array<std::uint8_t, 4096> unasked;
    for (int i = 0; i < kLooks; ++i) {
        errno = 0;
        const Transport::Moved moved = transport_->read(unasked);
        if (moved.status == Transport::Status::Again) return Done{};
        if (moved.status != Transport::Status::Done) return failure(moved.status);
    }
    return Done{};
}

}  // namespace cenote::sinks
