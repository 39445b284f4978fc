// SPDX-License-Identifier: Apache-2.0
#include "bench/load/xdp_echo.h"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cstring>
#include <span>

#include "resolver/server/options.h"
#include "resolver/xdp/frame.h"
#include "resolver/xdp/xdp.h"

namespace cenote::echo {
namespace {

/// Turns the bit and writes the frame of the reply; its length, or 0 where it is no query.
std::size_t turn(MutableBytes place, std::size_t size) noexcept {
    xdp::FrameQuery query;
    if (xdp::read_frame(ByteView(place).first(size), query) != xdp::FrameRead::Ok || query.payload_size < 3) return 0;
    std::array<std::uint8_t, xdp::kFrameMax> reply;
    std::memcpy(reply.data(), &place[query.payload_at], query.payload_size);
    reply[2] |= 0x80;  // QR
    return xdp::write_reply(place, query, ByteView(reply).first(query.payload_size), 0);
}

}  // namespace

int serve_frames(const std::string& interface, const SocketAddress& where) {
    xdp::Interfaces interfaces({.interfaces = {interface}, .mode = xdp::Mode::Copy});
    if (interfaces.queues().empty()) {
        for (const xdp::Fallback& each : interfaces.fallbacks())
            fmt::print(stderr, "echo: {}: {}\n", each.interface, each.why);
        return 1;
    }
    interfaces.listen({where});
    xdp::Socket& socket = *interfaces.queues().front()->socket;
    std::array<xdp::Received, server::Options{}.batch> frames;
    pollfd readable{socket.fd(), POLLIN, 0};
    for (;;) {
        poll(&readable, 1, -1);
        for (std::size_t count = frames.size(); count == frames.size(); socket.flush()) {
            count = socket.receive(frames);
            for (const xdp::Received& frame : std::span(frames).first(count))
                if (const std::size_t size = turn(socket.memory_of(frame), frame.size);
                    size == 0 || !socket.send(frame, size))
                    socket.give_back(frame);
        }
    }
}

}  // namespace cenote::echo
