// SPDX-License-Identifier: Apache-2.0
#include "resolver/xdp/frame.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/xdp/frames.h"

namespace cenote::xdp {
namespace {

using testing::Bytes;
using testing::kQuery4;
using testing::kQuery6;
using testing::kUdp4;
using testing::kUdp6;

FrameRead read(const Bytes& frame) {
    FrameQuery query;
    return read_frame(frame, query);
}

/// Of the frame with a change.
FrameRead read_changed(Bytes frame, const std::function<void(Bytes&)>& change) {
    change(frame);
    return read(frame);
}

/// With the checksum of the IPv4 header made right again.
void sign_ipv4(Bytes& frame) {
    frame[24] = frame[25] = 0;
    std::uint32_t sum = 0;
    for (std::size_t i = 14; i < 34; i += 2) sum += load_u16(&frame[i]);
    while (sum >> 16U != 0) sum = (sum & 0xffffU) + (sum >> 16U);
    store_u16(&frame[24], static_cast<std::uint16_t>(~sum));
}

FrameRead read_signed4(const std::function<void(Bytes&)>& change) {
    return read_changed(kQuery4, [&](Bytes& frame) {
        change(frame);
        sign_ipv4(frame);
        frame[kUdp4 + 6] = frame[kUdp4 + 7] = 0;  // no checksum of UDP
    });
}

TEST(Frame, QueryOverIpv4) {
    FrameQuery query;
    ASSERT_EQ(read_frame(kQuery4, query), FrameRead::Ok);
    EXPECT_EQ(query.peer.to_string(), "192.0.2.1:5353");
    EXPECT_EQ(query.local.to_string(), "192.0.2.53:53");
    EXPECT_EQ(query.payload_at, 42U);
    EXPECT_EQ(query.payload_size, kQuery4.size() - 42);
}

TEST(Frame, QueryOverIpv6) {
    FrameQuery query;
    ASSERT_EQ(read_frame(kQuery6, query), FrameRead::Ok);
    EXPECT_EQ(query.peer.to_string(), "[2001:db8::1]:5353");
    EXPECT_EQ(query.local.to_string(), "[2001:db8::53]:53");
    EXPECT_EQ(query.payload_at, 62U);
    EXPECT_EQ(query.payload_size, kQuery6.size() - 62);
}

/// The kernel's own reply, byte for byte; only the flow label of IPv6 is its choice.
TEST(Frame, ReplyIsThatOfTheKernel) {
    for (const auto& [asked, wanted] : {std::pair{kQuery4, testing::kReply4}, std::pair{kQuery6, testing::kReply6}}) {
        FrameQuery query;
        ASSERT_EQ(read_frame(asked, query), FrameRead::Ok);
        Bytes space = asked;
        space.resize(2048, 0xee);
        const ByteView reply = ByteView(wanted).subspan(query.payload_at);
        const std::size_t size = write_reply(space, query, reply, testing::kReply4Id);
        space.resize(size);
        Bytes kernels = wanted;
        if (!query.peer.ip.is_v4()) kernels[15] = kernels[16] = kernels[17] = 0;
        EXPECT_EQ(space, kernels);
    }
}

TEST(Frame, RepliesOfEachLengthHaveRightChecksums) {
    for (const Bytes& asked : {kQuery4, kQuery6})
        for (std::size_t size = 0; size <= 1232; ++size) {
            FrameQuery query;
            ASSERT_EQ(read_frame(asked, query), FrameRead::Ok);
            Bytes reply(size);
            for (std::size_t i = 0; i < size; ++i) reply[i] = static_cast<std::uint8_t>(i * 37 + size);
            Bytes space = asked;
            space.resize(1792);
            const std::size_t length = write_reply(space, query, reply, static_cast<std::uint16_t>(size));
            ASSERT_EQ(length, query.payload_at + size);
            space.resize(length);
            FrameQuery back;
            ASSERT_EQ(read_frame(space, back), FrameRead::Ok) << size;
            EXPECT_EQ(back.peer, query.local);
            EXPECT_EQ(back.local, query.peer);
            EXPECT_EQ(back.payload_size, size);
            EXPECT_NE(load_u16(&space[query.payload_at - 2]), 0);  // would mean that there is none
        }
}

/// Ones' complement has two zeros; the one that is sent is not the one that stands for "no checksum".
TEST(Frame, ChecksumOfZeroIsSentAsOnes) {
    for (const Bytes& asked : {kQuery4, kQuery6}) {
        FrameQuery query;
        ASSERT_EQ(read_frame(asked, query), FrameRead::Ok);
        bool found = false;
        for (unsigned value = 0; value <= 0xffff && !found; ++value) {
            const Bytes reply{static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
            Bytes space = asked;
            static_cast<void>(write_reply(space, query, reply, 0));
            ASSERT_NE(load_u16(&space[query.payload_at - 2]), 0);
            found = load_u16(&space[query.payload_at - 2]) == 0xffff;
        }
        EXPECT_TRUE(found);
    }
}

TEST(Frame, ReplyWithoutRoom) {
    FrameQuery query;
    ASSERT_EQ(read_frame(kQuery4, query), FrameRead::Ok);
    Bytes space = kQuery4;
    EXPECT_EQ(write_reply(space, query, Bytes(query.payload_size + 1), 0), 0U);
    EXPECT_EQ(space, kQuery4);
    space.resize(2048);
    EXPECT_EQ(write_reply(space, query, Bytes(kFrameMax - 41), 0), 0U);
    EXPECT_EQ(write_reply(space, query, Bytes(kFrameMax - 42), 0), kFrameMax);
}

TEST(Frame, EachLength) {
    for (const Bytes& whole : {kQuery4, kQuery6}) {
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_EQ(read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
                      FrameRead::NotPlain)
                << size;
        Bytes longer = whole;
        longer.resize(kFrameMax, 0xaa);  // padding, as Ethernet puts it behind short frames
        FrameQuery query;
        EXPECT_EQ(read_frame(longer, query), FrameRead::Ok);
        EXPECT_EQ(query.payload_size, whole.size() - query.payload_at);
        longer.push_back(0);
        EXPECT_EQ(read(longer), FrameRead::NotPlain);
    }
}

/// Of these bits none is without a checksum, or a check of its own.
TEST(Frame, EachBitOfTheDatagram) {
    for (const auto& [whole, udp] : {std::pair{kQuery4, kUdp4}, std::pair{kQuery6, kUdp6}})
        for (std::size_t bit = udp * 8; bit < whole.size() * 8; ++bit)
            EXPECT_NE(read_changed(whole,
                                   [bit](Bytes& frame) { frame[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8); }),
                      FrameRead::Ok)
                << bit;
}

TEST(Frame, WrongChecksums) {
    EXPECT_EQ(read_changed(kQuery4, [](Bytes& frame) { frame[24] ^= 1; }), FrameRead::BadChecksum);
    EXPECT_EQ(read_changed(kQuery4, [](Bytes& frame) { frame[kUdp4 + 6] ^= 1; }), FrameRead::BadChecksum);
    EXPECT_EQ(read_changed(kQuery4, [](Bytes& frame) { frame.back() ^= 1; }), FrameRead::BadChecksum);
    EXPECT_EQ(read_changed(kQuery6, [](Bytes& frame) { frame[kUdp6 + 7] ^= 1; }), FrameRead::BadChecksum);
    EXPECT_EQ(read_changed(kQuery6, [](Bytes& frame) { frame[30] ^= 1; }), FrameRead::BadChecksum);
    const auto without = [](std::size_t udp) { return [udp](Bytes& frame) { frame[udp + 6] = frame[udp + 7] = 0; }; };
    EXPECT_EQ(read_changed(kQuery4, without(kUdp4)), FrameRead::Ok);  // none is needed over IPv4
    EXPECT_EQ(read_changed(kQuery6, without(kUdp6)), FrameRead::BadChecksum);
}

TEST(Frame, WhatIsNotPlain) {
    const auto set = [](std::size_t at, std::uint8_t value) { return [=](Bytes& frame) { frame[at] = value; }; };
    EXPECT_EQ(read_signed4([](Bytes&) {}), FrameRead::Ok);
    EXPECT_EQ(read_signed4(set(14, 0x46)), FrameRead::NotPlain);  // options
    EXPECT_EQ(read_signed4(set(14, 0x55)), FrameRead::NotPlain);  // another version
    EXPECT_EQ(read_signed4(set(20, 0x20)), FrameRead::NotPlain);  // more fragments
    EXPECT_EQ(read_signed4(set(21, 0x01)), FrameRead::NotPlain);  // a later fragment
    EXPECT_EQ(read_signed4(set(20, 0x00)), FrameRead::Ok);        // may be fragmented
    EXPECT_EQ(read_signed4(set(23, 6)), FrameRead::NotPlain);     // TCP
    EXPECT_EQ(read_signed4(set(17, 0x36)), FrameRead::NotPlain);  // the lengths differ
    EXPECT_EQ(read_signed4(set(12, 0x81)), FrameRead::NotPlain);  // VLAN
    EXPECT_EQ(read_signed4([](Bytes& frame) { store_u16(&frame[kUdp4], 0); }), FrameRead::NotPlain);
    EXPECT_EQ(read_changed(kQuery6, set(20, 0)), FrameRead::NotPlain);   // an extension header
    EXPECT_EQ(read_changed(kQuery6, set(20, 44)), FrameRead::NotPlain);  // a fragment
    EXPECT_EQ(read_changed(kQuery6, set(14, 0x40)), FrameRead::NotPlain);
    EXPECT_EQ(read_changed(kQuery6, set(19, 0x22)), FrameRead::NotPlain);
}

TEST(Frame, MacAddressesOfGroups) {
    for (const Bytes& whole : {kQuery4, kQuery6}) {
        EXPECT_EQ(read_changed(whole, [](Bytes& frame) { frame[0] |= 1; }), FrameRead::NotPlain);
        EXPECT_EQ(read_changed(whole, [](Bytes& frame) { frame[6] |= 1; }), FrameRead::NotPlain);
    }
}

TEST(Frame, AddressesThatNoClientHas) {
    const auto from4 = [](std::uint8_t first) { return read_signed4([=](Bytes& frame) { frame[26] = first; }); };
    for (const int first : {0, 127, 224, 239, 255})
        EXPECT_EQ(from4(static_cast<std::uint8_t>(first)), FrameRead::NotPlain);
    for (const int first : {1, 10, 126, 128, 223}) EXPECT_EQ(from4(static_cast<std::uint8_t>(first)), FrameRead::Ok);
    EXPECT_EQ(read_signed4([](Bytes& frame) { frame[29] = 53; }), FrameRead::NotPlain);  // its own
    const auto from6 = [](std::string_view hex) {
        return read_changed(kQuery6, [&](Bytes& frame) {
            const Bytes octets = testing::from_hex(hex);
            std::copy(octets.begin(), octets.end(), frame.begin() + 22);
        });
    };
    for (const char* hex :
         {"00000000000000000000000000000000", "00000000000000000000000000000001", "fe800000000000000000000000000001",
          "febf0000000000000000000000000001", "ff020000000000000000000000000001", "00000000000000000000ffffc0000201",
          "20010db8000000000000000000000053"})
        EXPECT_EQ(from6(hex), FrameRead::NotPlain) << hex;
    EXPECT_EQ(from6("fec00000000000000000000000000001"), FrameRead::BadChecksum);  // looked at further
}

}  // namespace
}  // namespace cenote::xdp
