// SPDX-License-Identifier: Apache-2.0
//
// What the tests of sockets and connections share: an engine with a loop, queries, and the client's end of a socket.
#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/loop/loop.h"
#include "resolver/server/sockets.h"
#include "tests/engine/world.h"

namespace cenote::server::testing {

using Bytes = std::vector<std::uint8_t>;

/// A query that the engine answers at once.
inline Bytes local_query(std::uint16_t id) {
    Bytes query = engine::testing::query_bytes({.name = "id.server", .type = "TXT", .rr_class = 3});
    store_u16(query.data(), id);
    return query;
}

/// A query that is sent upstream.
inline Bytes pending_query(std::uint16_t id, const std::string& name) {
    Bytes query = engine::testing::query_bytes({.name = name});
    store_u16(query.data(), id);
    return query;
}

/// The message with its length in front (RFC 1035 §4.2.2).
inline Bytes framed(const Bytes& message) {
    Bytes bytes(2);
    store_u16(bytes.data(), static_cast<std::uint16_t>(message.size()));
    bytes.insert(bytes.end(), message.begin(), message.end());
    return bytes;
}

inline std::uint16_t id_of(const Bytes& message) { return load_u16(message.data()); }

inline SocketAddress address(const std::string& text) { return SocketAddress::parse(text, 0).value(); }

inline SocketAddress bound_address(int fd) {
    sockaddr_storage native{};
    socklen_t size = sizeof native;
    EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&native), &size), 0);
    return SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&native));
}

/// A blocking socket that is connected to `to`, so that it takes datagrams from there only.
inline UniqueFd connected(const SocketAddress& to, int type) {
    UniqueFd fd(::socket(to.family(), type | SOCK_CLOEXEC, 0));
    sockaddr_storage native;
    const socklen_t size = to.to_native(native);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size), 0) << to.to_string();
    return fd;
}

inline void write_all(int fd, const Bytes& bytes) {
    ASSERT_EQ(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
}

/// The next datagram, or what a stream has; empty at the end of a stream.
inline Bytes read_some(int fd) {
    Bytes bytes(65536);
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
}

/// The next message of a stream; empty when the stream ends instead.
inline Bytes read_message(int fd) {
    Bytes bytes(2);
    if (::recv(fd, bytes.data(), 2, MSG_WAITALL) != 2) return {};
    bytes.resize(load_u16(bytes.data()));
    EXPECT_EQ(::recv(fd, bytes.data(), bytes.size(), MSG_WAITALL), static_cast<ssize_t>(bytes.size()));
    return bytes;
}

/// Nothing can be read now.
inline bool nothing_to_read(int fd) {
    std::uint8_t byte = 0;
    return ::recv(fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/// The sockets of one worker.
inline std::vector<ListenSocket> opened(const std::vector<Endpoint>& listen) {
    Options options;
    options.listen = listen;
    auto sockets = open_sockets(options, 1, {});
    if (!sockets) ADD_FAILURE() << sockets.error().text;
    return sockets ? std::move(sockets->front()) : std::vector<ListenSocket>{};
}

class World : public engine::testing::World {
public:
    World() : engine::testing::World({.bytes_max = 4 << 20, .shards = 2}) {
        const PrefixTable all(std::vector<std::pair<Prefix, std::uint32_t>>{{Prefix(), 1}}, 0);
        base.allow_from = all;
        base.zones = {engine::testing::name("rpz.example")};
        base.zone_peers = all;
        in_force({});
    }

    /// Runs the loop until the condition holds at the end of a turn.
    template <typename Condition>
    void run_until(Condition condition) {
        const loop::TurnEnd check(loop, [&] {
            if (condition()) loop.stop();
        });
        loop.run();
    }
    /// Lets everything that is ready now have its turn.
    void settle() {
        for (int turn = 0; turn < 3; ++turn) {
            loop::Timer once(loop, [this] { loop.stop(); });
            once.start(milliseconds{0}, milliseconds{0});
            loop.run();
        }
    }
    /// Upstream's answer to the query that was forwarded as number `index`.
    void answer_upstream(std::size_t index, std::size_t records = 1) {
        const auto asked = forwarder->asked.at(index).query.question;
        std::vector<engine::testing::RecordText> answer;
        for (std::size_t i = 0; i < records; ++i)
            answer.push_back({asked.name.to_string(), "A", 300,
                              "192.0." + std::to_string(2 + i / 250) + "." + std::to_string(1 + i % 250)});
        ASSERT_EQ(answer_bytes(index, engine::testing::upstream_answer(asked, wire::Rcode::NoError, answer, {})),
                  wire::AnswerStatus::Ok);
    }
    [[nodiscard]] std::uint64_t counted(telemetry::Counter counter) const { return hub.collect().get(counter); }

    loop::Loop loop;
};

}  // namespace cenote::server::testing
