// SPDX-License-Identifier: Apache-2.0
#include "resolver/relay/relay.h"

#include <algorithm>

#include "resolver/base/check.h"

namespace cenote::relay {
namespace {

enum class Kind : std::uint8_t { Query = 1, Reply = 2, Settings = 3, Certificate = 4, Counts = 5 };

constexpr std::size_t kSettingsPacket = 4 + 7 * 4 + 4 + 3 * 4 + 32;
constexpr std::size_t kCertificateHead = 8;
constexpr std::uint32_t kMillisecondsMax = 24 * 3600 * 1000;

void write_u64(ByteWriter& out, std::uint64_t value) noexcept {
    out.u32(static_cast<std::uint32_t>(value >> 32));
    out.u32(static_cast<std::uint32_t>(value));
}

std::uint64_t read_u64(ByteReader& in) noexcept {
    const std::uint64_t high = in.u32();
    return high << 32 | in.u32();
}

/// The kind and three bytes that are zero.
void write_kind(ByteWriter& out, Kind kind) noexcept {
    out.u8(static_cast<std::uint8_t>(kind));
    out.u8(0);
    out.u16(0);
}

void expect_kind(ByteReader& in, Kind kind) noexcept {
    if (in.u32() != std::uint32_t{static_cast<std::uint8_t>(kind)} << 24) in.fail();
}

IpAddress read_ip(ByteReader& in) noexcept {
    std::array<std::uint8_t, 16> octets{};
    std::ranges::copy(in.bytes(octets.size()), octets.begin());
    return IpAddress::v6(octets);
}

void write_time(ByteWriter& out, milliseconds time) noexcept { out.u32(static_cast<std::uint32_t>(time.count())); }

milliseconds read_time(ByteReader& in) noexcept {
    const std::uint32_t time = in.u32();
    if (time == 0 || time > kMillisecondsMax) in.fail();
    return milliseconds{time};
}

/// A limit, which is never zero.
std::uint32_t read_limit(ByteReader& in) noexcept {
    const std::uint32_t limit = in.u32();
    if (limit == 0) in.fail();
    return limit;
}

}  // namespace

Path socket_beside(const Path& control) { return Path(control).concat(".quic"); }

std::array<std::uint8_t, kQueryHead> query_head(const Query& query) noexcept {
    std::array<std::uint8_t, kQueryHead> head{};
    ByteWriter out(head);
    out.u8(static_cast<std::uint8_t>(Kind::Query));
    out.u8(0);
    out.u16(query.peer.port);
    out.u32(query.peer.scope_id);
    out.bytes(query.peer.ip.octets());
    out.bytes(query.local.octets());
    write_u64(out, query.id);
    return head;
}

std::optional<Query> read_query(ByteView packet) noexcept {
    ByteReader in(packet);
    Query query;
    if (in.u16() != static_cast<std::uint16_t>(Kind::Query) << 8) return std::nullopt;
    query.peer.port = in.u16();
    query.peer.scope_id = in.u32();
    query.peer.ip = read_ip(in);
    query.local = read_ip(in);
    query.id = read_u64(in);
    query.message = in.bytes(in.left());
    if (!in.ok() || query.message.empty() || query.message.size() > kMessageMax) return std::nullopt;
    return query;
}

std::array<std::uint8_t, kReplyHead> reply_head(std::uint64_t id) noexcept {
    std::array<std::uint8_t, kReplyHead> head{};
    ByteWriter out(head);
    write_kind(out, Kind::Reply);
    write_u64(out, id);
    return head;
}

std::optional<Reply> read_reply(ByteView packet) noexcept {
    ByteReader in(packet);
    expect_kind(in, Kind::Reply);
    Reply reply;
    reply.id = read_u64(in);
    reply.message = in.bytes(in.left());
    if (!in.ok() || reply.message.size() > kMessageMax) return std::nullopt;
    return reply;
}

std::vector<std::uint8_t> settings_packet(const Settings& settings) {
    std::vector<std::uint8_t> packet(kSettingsPacket);
    ByteWriter out(packet);
    write_kind(out, Kind::Settings);
    for (const std::uint32_t number :
         {kVersion, settings.sockets, settings.links, settings.connections_max, settings.per_client_max,
          settings.handshakes_per_client_max, settings.streams_max})
        out.u32(number);
    out.u8(settings.client.v4);
    out.u8(settings.client.v6);
    out.u16(0);
    for (const milliseconds time : {settings.idle, settings.handshake, settings.stall}) write_time(out, time);
    out.bytes(settings.secret);
    CENOTE_CHECK(out.ok() && out.left() == 0);
    return packet;
}

std::optional<Settings> read_settings(ByteView packet) noexcept {
    ByteReader in(packet);
    expect_kind(in, Kind::Settings);
    if (in.u32() != kVersion) return std::nullopt;
    Settings settings;
    settings.sockets = in.u32();
    settings.links = in.u32();
    settings.connections_max = read_limit(in);
    settings.per_client_max = read_limit(in);
    settings.handshakes_per_client_max = read_limit(in);
    settings.streams_max = read_limit(in);
    settings.client.v4 = in.u8();
    settings.client.v6 = in.u8();
    in.skip(2);
    settings.idle = read_time(in);
    settings.handshake = read_time(in);
    settings.stall = read_time(in);
    const ByteView secret = in.bytes(settings.secret.size());
    if (!in.ok() || in.left() != 0) return std::nullopt;
    if (settings.sockets > kSocketsMax || settings.links == 0 || settings.links > kLinksMax) return std::nullopt;
    if (settings.client.v4 > 32 || settings.client.v6 > 128) return std::nullopt;
    std::ranges::copy(secret, settings.secret.begin());
    return settings;
}

bool fits(const Certificate& certificate) noexcept {
    return certificate.chain.size() + certificate.key.size() <= kPacketMax - kCertificateHead;
}

std::vector<std::uint8_t> certificate_packet(const Certificate& certificate) {
    CENOTE_CHECK(fits(certificate));
    std::vector<std::uint8_t> packet(kCertificateHead + certificate.chain.size() + certificate.key.size());
    ByteWriter out(packet);
    write_kind(out, Kind::Certificate);
    out.u32(static_cast<std::uint32_t>(certificate.chain.size()));
    out.bytes(bytes_of(certificate.chain));
    out.bytes(bytes_of(certificate.key));
    return packet;
}

std::optional<Certificate> read_certificate(ByteView packet) noexcept {
    ByteReader in(packet);
    expect_kind(in, Kind::Certificate);
    const ByteView chain = in.bytes(in.u32());
    const ByteView key = in.bytes(in.left());
    if (!in.ok() || chain.empty() != key.empty()) return std::nullopt;
    const auto text = [](ByteView bytes) {
        return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    };
    return Certificate{.chain = text(chain), .key = text(key)};
}

std::array<std::uint8_t, kCountsPacket> counts_packet(const Counts& counts) noexcept {
    std::array<std::uint8_t, kCountsPacket> packet{};
    ByteWriter out(packet);
    write_kind(out, Kind::Counts);
    for (const std::uint64_t value : counts.values) write_u64(out, value);
    return packet;
}

std::optional<Counts> read_counts(ByteView packet) noexcept {
    ByteReader in(packet);
    expect_kind(in, Kind::Counts);
    Counts counts;
    for (std::uint64_t& value : counts.values) value = read_u64(in);
    if (!in.ok() || in.left() != 0) return std::nullopt;
    return counts;
}

}  // namespace cenote::relay
