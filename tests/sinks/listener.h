// SPDX-License-Identifier: Apache-2.0
//
// A receiver of hits in a test: a socket on loopback with a port of the kernel's choice, or at a path.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <optional>
#include <string>

#include "resolver/base/address.h"
#include "resolver/base/fd.h"
#include "resolver/sinks/delivery.h"
#include "resolver/sinks/hit_record.h"
#include "resolver/sinks/options.h"

namespace cenote::sinks::testing {

/// Reads a stream piece by piece. nullopt: it has ended.
class Stream {
public:
    explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}

    std::optional<std::string> bytes(std::size_t count) {
        std::string all(count, '\0');
        for (std::size_t done = 0; done < count;) {
            const ssize_t size = ::recv(fd_.get(), all.data() + done, count - done, 0);
            if (size <= 0) return std::nullopt;
            done += static_cast<std::size_t>(size);
        }
        return all;
    }
    /// One message with its count of octets in front (RFC 6587 §3.4.1).
    std::optional<std::string> counted() {
        std::string digits;
        while (true) {
            const auto one = bytes(1);
            if (!one) return std::nullopt;
            if (*one == " ") return bytes(std::stoul(digits));
            EXPECT_TRUE(std::isdigit(static_cast<unsigned char>(one->front()))) << *one;
            digits += *one;
        }
    }
    void send(std::string_view text) {
        EXPECT_EQ(::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
    }
    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    UniqueFd fd_;
};

class Listener {
public:
    explicit Listener(int type = SOCK_STREAM, std::uint16_t port = 0) : fd_(::socket(AF_INET, type | SOCK_CLOEXEC, 0)) {
        const SocketAddress any{.ip = IpAddress::v4({127, 0, 0, 1}), .port = port};
        sockaddr_storage native;
        socklen_t size = any.to_native(native);
        const int on = 1;
        if (type == SOCK_STREAM) ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&native), size), 0) << std::strerror(errno);
        EXPECT_TRUE(type != SOCK_STREAM || ::listen(fd_.get(), 8) == 0);
        size = sizeof native;
        ::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&native), &size);
        address_ = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
    }
    explicit Listener(const Path& path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un native{};
        native.sun_family = AF_UNIX;
        std::strncpy(native.sun_path, path.c_str(), sizeof native.sun_path - 1);
        EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&native), sizeof native), 0);
        EXPECT_EQ(::listen(fd_.get(), 8), 0);
    }

    Stream accept() const { return Stream(UniqueFd(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC))); }
    [[nodiscard]] std::string datagram() const {
        std::array<char, 65536> space;
        const ssize_t size = ::recv(fd_.get(), space.data(), space.size(), 0);
        return {space.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))};
    }
    [[nodiscard]] Destination destination(Channel channel) const {
        return {.text = "test", .channel = channel, .address = address_, .path = {}, .name = {}, .ca = {}};
    }
    [[nodiscard]] const SocketAddress& address() const { return address_; }

private:
    UniqueFd fd_;
    SocketAddress address_;
};

/// Pauses and waits that a test need not notice.
inline Delivery::Options quick() {
    return {.queue_max = std::size_t{64} << 10,
            .first_pause = milliseconds{1},
            .longest_pause = milliseconds{4},
            .trust = milliseconds{1},
            .limits = {.answer = milliseconds{20'000}, .drain = milliseconds{20'000}}};
}

inline HitRecord record(std::string name, std::string directive = "2026-014") {
    HitRecord made;
    made.name = std::move(name);
    made.directive = std::move(directive);
    made.hit.verdict = telemetry::QueryVerdict::Restrict;
    made.hit.source = telemetry::Source::Sinkhole;
    return made;
}

}  // namespace cenote::sinks::testing
