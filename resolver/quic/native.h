// SPDX-License-Identifier: Apache-2.0
//
// Values of this code as those of ngtcp2, and back. Private to quic.
//
// Threads: pure.   Memory: none.   Failure: none.
#pragma once

#include <ngtcp2/ngtcp2.h>
#include <sys/socket.h>

#include <algorithm>

#include "resolver/base/address.h"
#include "resolver/base/clock.h"
#include "resolver/quic/packets.h"

namespace cenote::quic {

[[nodiscard]] inline ngtcp2_cid native_of(const ConnectionId& id) noexcept {
    ngtcp2_cid native;
    ngtcp2_cid_init(&native, id.bytes.data(), id.size);
    return native;
}

[[nodiscard]] inline ConnectionId from_native(const ngtcp2_cid& native) noexcept {
    ConnectionId id;
    id.size = static_cast<std::uint8_t>(std::min(native.datalen, id.bytes.size()));
    std::copy_n(native.data, id.size, id.bytes.begin());
    return id;
}

[[nodiscard]] inline ngtcp2_duration native_of(milliseconds time) noexcept {
    return static_cast<ngtcp2_duration>(std::chrono::nanoseconds(time).count());
}

[[nodiscard]] inline ngtcp2_tstamp native_of(Ticks time) noexcept {
    return static_cast<ngtcp2_tstamp>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

/// An address in the form of the kernel.
struct NativeAddress {
    explicit NativeAddress(const SocketAddress& address) noexcept : size(address.to_native(storage)) {}

    [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
    sockaddr_storage storage{};
    socklen_t size;
};

}  // namespace cenote::quic
