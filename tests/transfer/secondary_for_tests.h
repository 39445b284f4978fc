// SPDX-License-Identifier: Apache-2.0
//
// A secondary on loopback that datagrams are sent to.
#pragma once

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/transfer/message.h"

namespace cenote::transfer::testing {

class Secondary {
public:
    explicit Secondary(int family = AF_INET) : socket_(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_storage native{};
        const auto here = SocketAddress::parse(family == AF_INET ? "127.0.0.1:0" : "[::1]:0", 0);
        socklen_t size = here->to_native(native);
        bound_ = ::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&native), size) == 0;
        size = sizeof native;
        ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&native), &size);
        address_ = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    }
    [[nodiscard]] bool bound() const { return bound_; }
    [[nodiscard]] const SocketAddress& address() const { return address_; }
    [[nodiscard]] int socket() const { return socket_.get(); }
    /// The next datagram, which is there already: loopback delivers before send() returns.
    std::optional<Message> receive() { return receive(MSG_DONTWAIT); }
    /// The next datagram of another thread.
    Message wait() { return receive(0).value_or(Message()); }
    /// Where the last datagram came from.
    [[nodiscard]] SocketAddress sender() const {
        return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&from_));
    }
    void answer(const Message& message) {
        sockaddr_storage native{};
        const socklen_t size = sender().to_native(native);
        EXPECT_EQ(::sendto(socket_.get(), message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&native),
                           size),
                  static_cast<ssize_t>(message.size()));
    }

private:
    std::optional<Message> receive(int flags) {
        Message message(512);
        socklen_t size = sizeof from_;
        const auto count = ::recvfrom(socket_.get(), message.data(), message.size(), flags,
                                      reinterpret_cast<sockaddr*>(&from_), &size);
        if (count < 0) return std::nullopt;
        message.resize(static_cast<std::size_t>(count));
        return message;
    }

    UniqueFd socket_;
    bool bound_ = false;
    SocketAddress address_;
    sockaddr_storage from_{};
};

}  // namespace cenote::transfer::testing
