// SPDX-License-Identifier: Apache-2.0
//
// Ethernet frames of any length and kind: what is read as a query lies within the frame, its checksums are right by a
// slow sum, and the reply that is written over it is a frame that goes back to where the query came from.

#include <algorithm>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/xdp/frame.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::xdp;

fuzz::Goal over_ipv4("a query over IPv4");
fuzz::Goal over_ipv6("a query over IPv6");
fuzz::Goal without_checksum("a query over IPv4 without a checksum");
fuzz::Goal wrong_checksum("a plain frame with a wrong checksum");
fuzz::Goal padded("a frame with bytes behind its packet");
fuzz::Goal no_room("a reply that does not fit");

constexpr std::size_t kIpv4At = 14;

/// By RFC 1071 in the order of the network, byte by byte.
std::uint16_t slow_sum(std::uint32_t sum, ByteView bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? std::uint32_t{bytes[i]} << 8U : bytes[i];
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(sum);
}

std::uint16_t slow_udp_sum(ByteView frame, std::size_t udp_at, std::size_t udp_size) {
    const std::size_t addresses_at = udp_at == 34 ? 26 : 22;
    const std::uint32_t begin = slow_sum(17, frame.subspan(addresses_at, udp_at - addresses_at));
    return slow_sum(begin + static_cast<std::uint32_t>(udp_size), frame.subspan(udp_at, udp_size));
}

/// Makes the checksums right, where the lengths allow it: a change of any other byte makes them wrong.
void mend(std::vector<std::uint8_t>& frame) {
    if (frame.size() < 42) return;
    const bool v4 = load_u16(&frame[12]) == 0x0800;
    if (v4) {
        store_u16(&frame[kIpv4At + 10], 0);
        store_u16(&frame[kIpv4At + 10], static_cast<std::uint16_t>(~slow_sum(0, ByteView(frame).subspan(kIpv4At, 20))));
    }
    const std::size_t udp_at = v4 ? 34 : 54;
    if (frame.size() < udp_at + 8) return;
    const std::size_t size = load_u16(&frame[udp_at + 4]);
    if (size < 8 || size > frame.size() - udp_at) return;
    store_u16(&frame[udp_at + 6], 0);
    const auto sum = static_cast<std::uint16_t>(~slow_udp_sum(frame, udp_at, size));
    store_u16(&frame[udp_at + 6], sum == 0 ? 0xffff : sum);
}

void check_query(ByteView frame, const FrameQuery& query) {
    const bool v4 = query.peer.ip.is_v4();
    (v4 ? over_ipv4 : over_ipv6).reach();
    CENOTE_CHECK(v4 == query.local.ip.is_v4());
    CENOTE_CHECK(query.payload_at == (v4 ? 42U : 62U));
    CENOTE_CHECK(query.payload_at + query.payload_size <= frame.size() && frame.size() <= kFrameMax);
    CENOTE_CHECK(query.peer.port != 0 && query.peer.scope_id == 0 && query.peer.ip != query.local.ip);
    CENOTE_CHECK(!query.peer.ip.is_loopback() && !query.peer.ip.is_unspecified());
    if (query.payload_at + query.payload_size < frame.size()) padded.reach();
    if (v4) CENOTE_CHECK(slow_sum(0, frame.subspan(kIpv4At, 20)) == 0xffff);
    if (load_u16(&frame[query.payload_at - 2]) == 0) {
        CENOTE_CHECK(v4);
        without_checksum.reach();
    } else {
        CENOTE_CHECK(slow_udp_sum(frame, query.payload_at - 8, query.payload_size + 8) == 0xffff);
    }
}

void check_reply(std::vector<std::uint8_t> space, const FrameQuery& query, ByteView reply, std::uint16_t id) {
    const std::vector<std::uint8_t> before = space;
    const std::size_t size = write_reply(space, query, reply, id);
    if (size == 0) {
        no_room.reach();
        CENOTE_CHECK(space == before && query.payload_at + reply.size() > space.size());
        return;
    }
    const ByteView frame = ByteView(space).first(size);
    FrameQuery back;
    const FrameRead read = read_frame(frame, back);
    CENOTE_CHECK(read != FrameRead::BadChecksum);
    if (read == FrameRead::Ok) {  // else the query was to an address or a port from which none comes
        CENOTE_CHECK(back.peer == query.local && back.local == query.peer && back.payload_size == reply.size());
        check_query(frame, back);
    }
    const ByteView payload = frame.subspan(query.payload_at);
    CENOTE_CHECK(std::equal(payload.begin(), payload.end(), reply.begin(), reply.end()));
    CENOTE_CHECK(std::equal(frame.begin(), frame.begin() + 6, before.begin() + 6));
    CENOTE_CHECK(std::equal(frame.begin() + 6, frame.begin() + 12, before.begin()));
    CENOTE_CHECK(load_u16(&frame[query.payload_at - 2]) != 0);
}

}  // namespace

/// A byte whose first bit has the checksums made right; the length of the reply and the room beside the frame, two
/// bytes each; then the frame.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Input input(data, size);
    const bool right = (input.u8() & 1U) != 0;
    const std::size_t reply_size = input.u16() % 1233;
    const std::size_t room = input.u16() % 2048;
    std::vector<std::uint8_t> frame = input.copy();
    if (right) mend(frame);
    FrameQuery query;
    const FrameRead read = read_frame(frame, query);
    CENOTE_CHECK(read != FrameRead::BadChecksum || !right);
    if (read == FrameRead::BadChecksum) wrong_checksum.reach();
    if (read != FrameRead::Ok) return 0;
    check_query(frame, query);
    std::vector<std::uint8_t> reply(reply_size);
    for (std::size_t i = 0; i < reply.size(); ++i) reply[i] = static_cast<std::uint8_t>(i * 31 + frame.size());
    frame.resize(frame.size() + room);
    check_reply(std::move(frame), query, reply, static_cast<std::uint16_t>(size));
    return 0;
}
