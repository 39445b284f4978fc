// SPDX-License-Identifier: Apache-2.0
//
// Connections of a proxy whose header comes in pieces: the gate delivers a connection exactly where all the bytes have
// a header at their front, with the client that is in it, and not a byte behind the header has been read.
//
// Input: a byte that chooses the pieces, the bytes.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/server/proxy_gate.h"
#include "resolver/telemetry/telemetry.h"

namespace {

using namespace cenote;

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t kInputMax = 32 * 1024;  // what a socket takes without a reader

struct Delivered {
    SocketAddress peer;
    Bytes behind;
};

Bytes all_of(int fd) {
    Bytes bytes(kInputMax);
    std::size_t size = 0;
    for (ssize_t got = 0; (got = ::recv(fd, bytes.data() + size, bytes.size() - size, MSG_DONTWAIT)) > 0;)
        size += static_cast<std::size_t>(got);
    bytes.resize(size);
    return bytes;
}

class Trial {
public:
    Trial(loop::Loop& loop, const server::Options& options, telemetry::Recorder& recorder, ByteView input,
          std::uint8_t pieces)
        : loop_(loop),
          left_(input),
          pieces_(pieces),
          gate_(loop, options, recorder, [this](auto fd, auto, auto client) {
              delivered_ = Delivered{client.peer, {}};
              taken_ = std::move(fd);
          }) {
        int ends[2];
        CENOTE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        proxy_.reset(ends[1]);
        engine::Client client;
        client.peer = proxy();
        write();
        gate_.take(UniqueFd(ends[0]), server::Protocol::Tcp, client);
        step_.start(milliseconds(0), milliseconds(0));
    }
    static SocketAddress proxy() { return SocketAddress::parse("192.0.2.53:4000", 53).value(); }

    std::optional<Delivered> run() {
        loop_.run();
        if (delivered_) delivered_->behind = all_of(taken_.get());
        return delivered_;
    }

private:
    void write() {
        const std::size_t piece = pieces_ == 0 ? left_.size() : std::min<std::size_t>(left_.size(), pieces_);
        if (piece > 0) (void)::send(proxy_.get(), left_.data(), piece, MSG_NOSIGNAL);
        left_ = left_.subspan(piece);
        if (left_.empty()) ::shutdown(proxy_.get(), SHUT_WR);
    }
    /// A piece a turn, and some turns behind the last one.
    void step() {
        if (left_.empty() && ++turns_behind_ == 3) return loop_.stop();
        if (!left_.empty()) write();
        step_.start(milliseconds(0), milliseconds(0));
    }

    loop::Loop& loop_;
    ByteView left_;
    std::uint8_t pieces_;
    int turns_behind_ = 0;
    UniqueFd proxy_;
    UniqueFd taken_;
    std::optional<Delivered> delivered_;
    server::ProxyGate gate_;
    loop::Timer step_{loop_, [this] { step(); }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > kInputMax) return 0;
    static auto* const loop = new loop::Loop;
    static const server::Options options;
    static auto& recorder = (new telemetry::Hub)->add_recorder();
    const ByteView input(data + 1, size - 1);
    const auto delivered = Trial(*loop, options, recorder, input, data[0]).run();
    wire::ProxyHeader header;
    const wire::ProxyRead read = wire::read_proxy_header(input, header);
    CENOTE_CHECK(delivered.has_value() == (read == wire::ProxyRead::Ok));
    if (!delivered) return 0;
    CENOTE_CHECK(delivered->peer == (header.proxied ? header.client : Trial::proxy()));
    const ByteView behind = input.subspan(header.size);
    CENOTE_CHECK(std::equal(delivered->behind.begin(), delivered->behind.end(), behind.begin(), behind.end()));
    return 0;
}
