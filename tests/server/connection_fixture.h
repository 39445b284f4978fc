// SPDX-License-Identifier: Apache-2.0
//
// One MessageConnection with an engine, and what it calls.
#pragma once

#include <memory>

#include "resolver/server/message_connection.h"
#include "tests/server/fixture.h"

namespace cenote::server::testing {

/// A query that the engine hands over to the transfer service.
inline Bytes zone_query(std::uint16_t id) {
    Bytes query = engine::testing::query_bytes({.name = "rpz.example", .type = "AXFR", .flags = 0, .edns = false});
    store_u16(query.data(), id);
    return query;
}

class ConnectionWorld : public World, private ConnectionOwner, private transfer::XfrQueue, private transfer::Outlet {
public:
    void connect(std::unique_ptr<loop::Transport> transport) {
        client.transport = telemetry::QueryTransport::Tcp;
        client.connection = handle;
        connection = std::make_unique<MessageConnection>(context, std::move(transport), client);
    }

    SlabHandle handle{.slot = 2, .generation = 5};
    Options options = [] {
        Options made;
        made.tcp_in_flight_max = 4;
        return made;
    }();
    int finished = 0;         // how often the connection reported it
    int parts_asked_for = 0;  // of transfers
    int forgotten = 0;
    bool inbox_has_room = true;

private:
    void send(const engine::Client& to, ByteView bytes, Ticks) noexcept override {
        EXPECT_EQ(to.connection, handle);
        connection->reply(to.stream, bytes);
    }
    void on_activity(const Connection&) noexcept override {}
    void on_finished(const Connection&) noexcept override { ++finished; }
    bool take(const transfer::QueryOrigin&, ByteView) noexcept override { return inbox_has_room; }
    bool continue_transfer(transfer::Outlet&, SlabHandle of) noexcept override {
        EXPECT_EQ(of, handle);
        if (inbox_has_room) ++parts_asked_for;
        return inbox_has_room;
    }
    bool forget(transfer::Outlet&, SlabHandle of) noexcept override {
        EXPECT_EQ(of, handle);
        ++forgotten;
        return true;
    }
    void put_part(transfer::Part part) noexcept override { connection->send_part(part); }

    loop::StreamBuffers buffers_{8};
    std::vector<std::uint8_t> reply_space_ = std::vector<std::uint8_t>(wire::kMessageMax);
    loop::ByteSpace byte_space_;
    http::StreamPool streams_{100};
    ConnectionContext context{loop,         buffers_, *engine, recorder,    options, *this,
                              reply_space_, this,     *this,   byte_space_, streams_};

public:
    std::unique_ptr<MessageConnection> connection;  // last, so that it is destroyed before the buffers and the context
};

}  // namespace cenote::server::testing
