// SPDX-License-Identifier: Apache-2.0
//
// A primary on loopback that sends what a test wants, and the messages it sends.
#pragma once

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <thread>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/transfer/xfr_client.h"
#include "tests/transfer/zones_for_tests.h"

namespace cenote::transfer::testing {

using Bytes = Message;

inline Bytes soa_record(std::uint8_t serial) {
    Bytes record{0xc0, 12, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0, 0, 0, 0, serial};
    record.insert(record.end(), 16, 1);
    return record;
}

/// A record of a name of one label of six letters.
inline Bytes record(wire::RrType type, std::uint32_t name, std::size_t size) {
    WireWriter made;
    std::string label(1, '\6');
    for (int shift = 0; shift < 24; shift += 4) label.push_back(static_cast<char>('a' + (name >> shift & 15)));
    made.bytes(label);
    made.u16(0xc00c);
    made.u16(static_cast<std::uint16_t>(type));
    made.u16(static_cast<std::uint16_t>(wire::RrClass::IN));
    made.u32(60);
    made.u16(static_cast<std::uint16_t>(size));
    made.bytes(Bytes(size, 0));
    return {made.written().begin(), made.written().end()};
}

/// The response to a query, without its length in front.
inline Bytes response(const Bytes& query, const std::vector<Bytes>& records) {
    Bytes message(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(16 + kZone.wire().size()));
    message[2] = 0x84;
    store_u16(&message[6], static_cast<std::uint16_t>(records.size()));
    store_u16(&message[8], 0);
    store_u16(&message[10], 0);
    for (const Bytes& each : records) message.insert(message.end(), each.begin(), each.end());
    return message;
}

inline Bytes framed(const Bytes& message) {
    WireWriter made;
    made.u16(static_cast<std::uint16_t>(message.size()));
    made.bytes(message);
    return {made.written().begin(), made.written().end()};
}

inline Bytes answer(const Bytes& query, const std::vector<Bytes>& records) { return framed(response(query, records)); }

class Primary {
public:
    /// `send`: takes bytes for the client; false: it is gone.
    using Send = std::function<bool(const Bytes&)>;
    using Script = std::function<void(const Bytes& query, const Send& send)>;

    explicit Primary(Script script) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in here{};
        here.sin_family = AF_INET;
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof here;
        EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&here), size), 0);
        EXPECT_EQ(::listen(listener_.get(), 8), 0);
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&here), &size);
        address_ = SocketAddress::from_native(reinterpret_cast<const sockaddr*>(&here));
        thread_ = std::thread([this, run = std::move(script)] { serve(run); });
    }
    ~Primary() {
        ::shutdown(listener_.get(), SHUT_RDWR);
        thread_.join();
    }

    [[nodiscard]] const SocketAddress& address() const { return address_; }

private:
    void serve(const Script& script) {
        for (;;) {
            const UniqueFd client(::accept(listener_.get(), nullptr, nullptr));
            if (!client.valid()) return;
            Bytes query(512);
            const auto size = ::recv(client.get(), query.data(), query.size(), 0);
            if (size < 14) continue;
            query.resize(static_cast<std::size_t>(size));
            query.erase(query.begin(), query.begin() + 2);
            script(query, [&](const Bytes& bytes) {
                return ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                       static_cast<ssize_t>(bytes.size());
            });
        }
    }

    UniqueFd listener_;
    SocketAddress address_;
    std::thread thread_;
};

/// `key` nullptr: unsigned.
inline Result<std::optional<ZoneData>> transfer_from(const Primary& primary, const TransferLimits& limits,
                                                     const ZoneData* known = nullptr, const TsigKey* key = nullptr) {
    const std::atomic<bool> stop{false};
    const SecondaryZoneOptions zone{.list = "l", .zone = kZone, .primary = primary.address(), .key = {}};
    return XfrClient(zone, key, limits, stop).transfer(known);
}

}  // namespace cenote::transfer::testing
