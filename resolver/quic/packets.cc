// SPDX-License-Identifier: Apache-2.0
#include "resolver/quic/packets.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include "resolver/base/check.h"
#include "resolver/base/random.h"
#include "resolver/quic/native.h"

namespace cenote::quic {
namespace {

constexpr milliseconds kTokenValid{10000};
constexpr std::size_t kResetMin = 21;    // RFC 9000 §10.3
constexpr std::size_t kResetUsual = 41;  // a length that packets of this server have, too

std::size_t written(ngtcp2_ssize size) noexcept { return size > 0 ? static_cast<std::size_t>(size) : 0; }

}  // namespace

std::optional<ConnectionId> ConnectionId::from(ByteView view) noexcept {
    ConnectionId id;
    if (view.size() > id.bytes.size()) return std::nullopt;
    std::ranges::copy(view, id.bytes.begin());
    id.size = static_cast<std::uint8_t>(view.size());
    return id;
}

ConnectionId ConnectionId::random() noexcept {
    ConnectionId id;
    id.size = kOwnIdSize;
    fill_random(MutableBytes(id.bytes).first(id.size));
    return id;
}

std::optional<Outside> read_outside(ByteView packet) noexcept {
    if (packet.empty()) return std::nullopt;  // ngtcp2 would end the process
    ngtcp2_version_cid read{};
    const int code = ngtcp2_pkt_decode_version_cid(&read, packet.data(), packet.size(), kOwnIdSize);
    if (code != 0 && code != NGTCP2_ERR_VERSION_NEGOTIATION) return std::nullopt;
    const bool long_header = (packet.front() & 0x80) != 0;
    if (long_header && read.version == 0) return std::nullopt;  // Version Negotiation, which no client sends
    Outside outside;
    outside.destination = {read.dcid, read.dcidlen};
    if (read.scid != nullptr) outside.source = {read.scid, read.scidlen};
    if (long_header)  // ngtcp2 accepts drafts, too
        outside.form = read.version == NGTCP2_PROTO_VER_V1 ? Outside::Form::Long : Outside::Form::UnknownVersion;
    return outside;
}

std::optional<Initial> read_initial(ByteView packet) noexcept {
    ngtcp2_pkt_hd head{};
    if (ngtcp2_accept(&head, packet.data(), packet.size()) != 0) return std::nullopt;
    if (head.type != NGTCP2_PKT_INITIAL || head.version != NGTCP2_PROTO_VER_V1) return std::nullopt;
    return Initial{.destination = from_native(head.dcid),
                   .source = from_native(head.scid),
                   .version = head.version,
                   .token = {head.token.base, head.token.len}};
}

std::size_t write_retry(const Initial& initial, const SocketAddress& client, const relay::Secret& secret, Ticks now,
                        MutableBytes space) noexcept {
    const ngtcp2_cid destination = native_of(initial.source);
    const ngtcp2_cid original = native_of(initial.destination);
    const ngtcp2_cid own = native_of(ConnectionId::random());
    NativeAddress address(client);
    std::array<std::uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN> token;
    const ngtcp2_ssize size =
        ngtcp2_crypto_generate_retry_token(token.data(), secret.data(), secret.size(), initial.version, address.get(),
                                           address.size, &own, &original, native_of(now));
    if (size <= 0) return 0;
    return written(ngtcp2_crypto_write_retry(space.data(), space.size(), initial.version, &destination, &own, &original,
                                             token.data(), static_cast<std::size_t>(size)));
}

bool has_retry_token(const Initial& initial) noexcept {
    return !initial.token.empty() && initial.token.front() == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY;
}

std::optional<ConnectionId> check_token(const Initial& initial, const SocketAddress& client,
                                        const relay::Secret& secret, Ticks now) noexcept {
    const ngtcp2_cid destination = native_of(initial.destination);
    NativeAddress address(client);
    ngtcp2_cid original{};
    const int code = ngtcp2_crypto_verify_retry_token(
        &original, initial.token.data(), initial.token.size(), secret.data(), secret.size(), initial.version,
        address.get(), address.size, &destination, native_of(kTokenValid), native_of(now));
    if (code != 0) return std::nullopt;
    return from_native(original);
}

std::size_t write_refusal(const Initial& initial, Refused why, MutableBytes space) noexcept {
    const ngtcp2_cid destination = native_of(initial.source);
    const ngtcp2_cid source = native_of(initial.destination);
    return written(ngtcp2_crypto_write_connection_close(
        space.data(), space.size(), initial.version, &destination, &source,
        why == Refused::Token ? NGTCP2_INVALID_TOKEN : NGTCP2_CONNECTION_REFUSED, nullptr, 0));
}

std::size_t write_versions(const Outside& packet, MutableBytes space) noexcept {
    constexpr std::array<std::uint32_t, 1> kVersions{NGTCP2_PROTO_VER_V1};
    return written(ngtcp2_pkt_write_version_negotiation(
        space.data(), space.size(), static_cast<std::uint8_t>(random_u64()), packet.source.data(), packet.source.size(),
        packet.destination.data(), packet.destination.size(), kVersions.data(), kVersions.size()));
}

std::size_t write_reset(ByteView destination, std::size_t received, const relay::Secret& secret,
                        MutableBytes space) noexcept {
    if (received <= kResetMin) return 0;
    const auto id = ConnectionId::from(destination);
    const auto token = id ? reset_token(*id, secret) : std::nullopt;
    if (!token) return 0;
    std::array<std::uint8_t, kResetUsual> random;
    const std::size_t size = std::min({received - 1, kResetUsual, space.size()});
    const MutableBytes used = MutableBytes(random).first(size - kResetTokenSize);
    fill_random(used);
    return written(
        ngtcp2_pkt_write_stateless_reset(space.data(), space.size(), token->data(), used.data(), used.size()));
}

std::optional<std::array<std::uint8_t, kResetTokenSize>> reset_token(const ConnectionId& id,
                                                                     const relay::Secret& secret) noexcept {
    static_assert(kResetTokenSize == NGTCP2_STATELESS_RESET_TOKENLEN);
    const ngtcp2_cid native = native_of(id);
    std::array<std::uint8_t, kResetTokenSize> token;
    if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), secret.data(), secret.size(), &native) != 0)
        return std::nullopt;
    return token;
}

}  // namespace cenote::quic
