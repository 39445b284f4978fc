// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/zone_connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cenote::transfer {

Result<ZoneConnection> ZoneConnection::connect(const SocketAddress& to, milliseconds limit,
                                               const std::atomic<bool>& stop) {
    sockaddr_storage native{};
    const socklen_t size = to.to_native(native);
    UniqueFd fd(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ZoneConnection made(std::move(fd), to, limit, stop);
    if (!made.fd_.valid()) return made.error(std::strerror(errno));
    if (::connect(made.fd_.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0) {
        if (errno != EINPROGRESS) return made.error(std::strerror(errno));
        if (!made.wait(POLLOUT)) return made.error("no connection in time");
        int failed = 0;
        socklen_t length = sizeof failed;
        ::getsockopt(made.fd_.get(), SOL_SOCKET, SO_ERROR, &failed, &length);
        if (failed != 0) return made.error(std::strerror(failed));
    }
    return made;
}

Status ZoneConnection::send(ByteView message) {
    until_ = ticks_now() + limit_;
    WireWriter framed;
    framed.u16(static_cast<std::uint16_t>(message.size()));
    framed.bytes(message);
    for (ByteView left = framed.written(); !left.empty();) {
        const auto count = ::send(fd_.get(), left.data(), left.size(), MSG_NOSIGNAL);
        if (count > 0)
            left = left.subspan(static_cast<std::size_t>(count));
        else if (errno != EAGAIN || !wait(POLLOUT))
            return error("the connection was closed");
    }
    return Done{};
}

Result<Message> ZoneConnection::receive() {
    until_ = ticks_now() + limit_;
    std::array<std::uint8_t, 2> length{};
    if (auto got = read(length); !got) return std::move(got).error();
    Message message(load_u16(length.data()));
    if (auto got = read(message); !got) return std::move(got).error();
    return message;
}

Status ZoneConnection::read(MutableBytes into) {
    while (!into.empty()) {
        const auto count = ::recv(fd_.get(), into.data(), into.size(), 0);
        if (count > 0)
            into = into.subspan(static_cast<std::size_t>(count));
        else if (count == 0)
            return error("the transfer was cut in the middle");
        else if (errno != EAGAIN)
            return error(std::strerror(errno));
        else if (!wait(POLLIN))
            return error("no response in time");
    }
    return Done{};
}

bool ZoneConnection::wait(short events) {
    constexpr int kLookMs = 100;  // how often `stop` is looked at
    while (!*stop_ && ticks_now() < until_) {
        pollfd one{fd_.get(), events, 0};
        if (::poll(&one, 1, kLookMs) > 0) return true;
    }
    return false;
}

Error ZoneConnection::error(std::string_view what) const { return Error{fmt::format("{}: {}", to_.to_string(), what)}; }

}  // namespace cenote::transfer
