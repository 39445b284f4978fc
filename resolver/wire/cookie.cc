// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/cookie.h"

#include <algorithm>

namespace cenote::wire {
namespace {

// RFC 9018 §4: client cookie, version, three reserved bytes, time, hash.
constexpr std::size_t kClientSize = 8;
constexpr std::size_t kTimeAt = 12;
constexpr std::size_t kHashAt = 16;
constexpr std::uint8_t kVersion = 1;
// RFC 9018 §4.3, in seconds.
constexpr std::int64_t kOldMax = 3600;
constexpr std::int64_t kAheadMax = 300;
constexpr std::int64_t kRenewedAfter = 1800;

/// The hash over all that is in front of it, and the address of the client.
std::array<std::uint8_t, 8> hash_of(std::span<const std::uint8_t, kHashAt> front, const IpAddress& client,
                                    const CookieSecret& secret) noexcept {
    std::array<std::uint8_t, kHashAt + 16> message;
    auto end = std::copy(front.begin(), front.end(), message.begin());
    const auto& octets = client.octets();
    end = std::copy(octets.begin() + (client.is_v4() ? 12 : 0), octets.end(), end);
    return siphash24(secret, ByteView(message.begin(), end));
}

/// In constant time, so that no guess can be improved byte by byte.
bool is_equal(ByteView a, ByteView b) noexcept {
    unsigned different = 0;
    for (std::size_t i = 0; i < a.size(); ++i) different |= unsigned{a[i]} ^ b[i];
    return different == 0;
}

/// Age in seconds in serial number arithmetic (RFC 1982).
std::int64_t age_of(std::uint32_t time, std::uint32_t now) noexcept { return static_cast<std::int32_t>(now - time); }

void make(ByteView received, const IpAddress& client, const CookieSecret& secret, std::uint32_t now,
          CookieBytes& reply) noexcept {
    reply = {};
    std::copy_n(received.begin(), kClientSize, reply.begin());
    reply[kClientSize] = kVersion;
    store_u32(&reply[kTimeAt], now);
    const auto hash = hash_of(std::span(reply).first<kHashAt>(), client, secret);
    std::copy(hash.begin(), hash.end(), reply.begin() + kHashAt);
}

}  // namespace

CookieState answer_cookie(ByteView received, const IpAddress& client, std::span<const CookieSecret> secrets,
                          std::uint32_t now, CookieBytes& reply) noexcept {
    CookieState state = received.size() == kClientSize ? CookieState::ClientOnly : CookieState::Invalid;
    if (received.size() == reply.size() && received[kClientSize] == kVersion) {
        const std::int64_t age = age_of(load_u32(&received[kTimeAt]), now);
        const bool is_timely = age <= kOldMax && age >= -kAheadMax;
        for (const CookieSecret& secret : secrets) {
            const auto hash = hash_of(received.first<kHashAt>(), client, secret);
            if (!is_timely || !is_equal(hash, received.subspan(kHashAt))) continue;
            state = CookieState::Valid;
            if (age > kRenewedAfter || &secret != secrets.data()) break;
            std::ranges::copy(received, reply.begin());
            return state;
        }
    }
    make(received, client, secrets.front(), now, reply);
    return state;
}

}  // namespace cenote::wire
