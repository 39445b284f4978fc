// SPDX-License-Identifier: Apache-2.0
//
// The endpoint between clients and a daemon that keeps what it is asked, with a clock that a test moves.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "resolver/quic/endpoint.h"
#include "tests/quic/client.h"
#include "tests/support/certificate.h"

namespace cenote::quic::testing {

using relay::Count;

inline Bytes a_query(std::size_t size = 29) {
    // example.com A, with the id 0
    Bytes message{0,   0,   1,   0,   0,   1, 0,   0,   0,   0, 0, 0, 7, 'e', 'x',
                  'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1};
    message.resize(std::max(size, message.size()));
    return message;
}

/// A query with an OPT that has this option, whose value is empty.
inline Bytes with_option(std::uint8_t code) {
    Bytes message = a_query();
    message[11] = 1;
    const Bytes opt{0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 4, 0, code, 0, 0};
    message.insert(message.end(), opt.begin(), opt.end());
    return message;
}

class EndpointFixture : public ::testing::Test, public Outlet {
protected:
    struct Asked {
        SlabHandle connection;
        std::int64_t stream;
        SocketAddress peer;
        Bytes message;
        SlabHandle handle;
    };

    EndpointFixture() { make(settings); }

    void make(const relay::Settings& of) {
        endpoint = std::make_unique<Endpoint>(of, *this);
        const auto pair = test::make_certificate_pair("dns.example", 0, 3600);
        auto credentials = Credentials::create({.chain = pair.chain, .key = pair.key});
        ASSERT_TRUE(credentials) << credentials.error().text;
        endpoint->set_credentials(*credentials);
    }

    Client& connect(ClientOptions options = {}) {
        options.own.port = static_cast<std::uint16_t>(options.own.port + clients.size());
        clients.push_back(std::make_unique<Client>(options, now));
        exchange();
        return *clients.back();
    }

    /// Gives the endpoint a packet of a client.
    void deliver(const SocketAddress& from, ByteView packet) {
        endpoint->take_datagram({.peer = from, .local = ClientOptions{}.server, .socket = 0}, packet, now);
    }

    /// Has packets go both ways until there are none.
    void exchange() {
        for (bool moved = true; moved;) {
            moved = false;
            for (const auto& client : clients)
                for (const Bytes& packet : client->packets(now)) {
                    deliver(client->own(), packet);
                    moved = true;
                }
            endpoint->turn(now);
            while (!sent.empty()) {
                const auto [to, packet] = std::move(sent.front());
                sent.pop_front();
                moved = true;
                for (const auto& client : clients)
                    if (client->own() == to) client->receive(packet, now);
            }
        }
    }

    /// Lets time pass, with the timers of both sides.
    void pass(milliseconds time) {
        for (const Ticks end = now + time; now < end;) {
            now += milliseconds{5};
            for (const auto& client : clients) client->on_timer(now);
            if (now >= next_sweep) {
                next_sweep = now + seconds{1};
                endpoint->sweep(now);
            }
            exchange();
        }
    }

    void answer(const Asked& query, const Bytes& message) {
        endpoint->reply(query.connection, query.stream, message, now);
        exchange();
    }

    [[nodiscard]] std::uint64_t counted(Count what) const { return endpoint->counts().get(what); }

    void send_datagram(const Route& route, ByteView packet) noexcept override {
        if (packet.empty()) return;
        bytes_sent += packet.size();
        sent.emplace_back(route.peer, Bytes(packet.begin(), packet.end()));
    }
    SlabHandle take_query(SlabHandle connection, std::int64_t stream, const Route& route, ByteView message) override {
        if (full) return {};
        const SlabHandle handle{.slot = static_cast<std::uint32_t>(asked.size()), .generation = 1};
        asked.push_back({connection, stream, route.peer, Bytes(message.begin(), message.end()), handle});
        return handle;
    }
    void drop_query(SlabHandle query) override { dropped.push_back(query); }

    relay::Settings settings{.sockets = 1,
                             .links = 1,
                             .connections_max = 200,
                             .per_client_max = 100,
                             .handshakes_per_client_max = 64,
                             .streams_max = 10,
                             .client = {},
                             .idle = milliseconds{10000},
                             .handshake = milliseconds{5000},
                             .stall = milliseconds{8000},
                             .secret = {1, 2, 3}};
    Ticks now = Ticks{} + std::chrono::hours{1};
    Ticks next_sweep = now;
    std::deque<std::pair<SocketAddress, Bytes>> sent;
    std::size_t bytes_sent = 0;
    std::vector<Asked> asked;
    std::vector<SlabHandle> dropped;
    bool full = false;
    std::vector<std::unique_ptr<Client>> clients;
    std::unique_ptr<Endpoint> endpoint;
};

}  // namespace cenote::quic::testing
