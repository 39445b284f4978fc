// SPDX-License-Identifier: Apache-2.0
//
// Connections of a proxy whose bytes come in pieces, or all at once, and then end: the gate delivers a connection
// exactly where wire::read_proxy_header() reads a header at the front of all the bytes, with the address of the client
// that this one has, as a client of TLS where it says so, and all bytes behind the header can still be read from it.
//
// Input: the size of the pieces in a byte (0: all at once), the bytes.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/server/proxy_gate.h"
#include "resolver/telemetry/telemetry.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;

using Bytes = std::vector<std::uint8_t>;
constexpr std::size_t kInputMax = 32 * 1024;

fuzz::Goal proxied("a connection is delivered with the client of its header");
fuzz::Goal as_itself("a connection is delivered with the address of the proxy");
fuzz::Goal refused("a connection is refused");

struct Delivered {
    SocketAddress peer;
    telemetry::QueryTransport transport{};
    Bytes behind;
};

class Trial {
public:
    Trial(loop::Loop& loop, const server::Options& options, telemetry::Recorder& recorder, ByteView input,
          std::uint8_t pieces)
        : loop_(loop),
          left_(input),
          pieces_(pieces),
          gate_(loop, options, recorder, [this](auto fd, auto, auto client) {
              delivered_ = Delivered{client.peer, client.transport, {}};
              taken_ = std::move(fd);
          }) {
        int ends[2];
        CENOTE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        proxy_.reset(ends[1]);
        engine::Client client;
        client.peer = proxy();
        client.transport = telemetry::QueryTransport::Tcp;
        write();
        gate_.take(UniqueFd(ends[0]), server::Protocol::Tcp, client);
        next_.notify();
    }
    static SocketAddress proxy() { return SocketAddress::parse("192.0.2.53:4000", 53).value(); }

    std::optional<Delivered> run() {
        loop_.run();
        return delivered_;
    }

private:
    void write() {
        const std::size_t piece = pieces_ == 0 ? left_.size() : std::min<std::size_t>(left_.size(), pieces_);
        const ssize_t sent = ::send(proxy_.get(), left_.data(), piece, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            left_ = left_.subspan(static_cast<std::size_t>(sent));
        else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            left_ = {};  // it was refused
        if (left_.empty()) ::shutdown(proxy_.get(), SHUT_WR);
    }
    /// What is behind the header is read in each turn, since a socket takes only so many pieces without a reader.
    void read_behind() {
        std::uint8_t chunk[4096];
        for (ssize_t got = 0; taken_.valid() && (got = ::recv(taken_.get(), chunk, sizeof chunk, MSG_DONTWAIT)) > 0;)
            delivered_->behind.insert(delivered_->behind.end(), chunk, chunk + got);
    }
    /// A piece a turn, and some turns behind the last one.
    void step() {
        read_behind();
        if (left_.empty() && ++turns_behind_ == 3) return loop_.stop();
        if (!left_.empty()) write();
        next_.notify();
    }

    loop::Loop& loop_;
    ByteView left_;
    std::uint8_t pieces_;
    int turns_behind_ = 0;
    UniqueFd proxy_;
    UniqueFd taken_;
    std::optional<Delivered> delivered_;
    server::ProxyGate gate_;
    // Not a timer: one that starts itself again with no delay runs again in the same turn, in front of all events.
    loop::Wakeup next_{loop_, [this] { step(); }};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > kInputMax) return 0;
    static auto* const loop = new loop::Loop;
    static const server::Options options;
    static auto& recorder = (new telemetry::Hub)->add_recorder();
    fuzz::Input input(data, size);
    const std::uint8_t pieces = input.u8();
    const ByteView bytes = input.rest();
    const auto delivered = Trial(*loop, options, recorder, bytes, pieces).run();
    wire::ProxyHeader header;
    const wire::ProxyRead read = wire::read_proxy_header(bytes, header);
    CENOTE_CHECK(delivered.has_value() == (read == wire::ProxyRead::Ok));
    (!delivered ? refused : header.proxied ? proxied : as_itself).reach();
    if (!delivered) return 0;
    CENOTE_CHECK(delivered->peer == (header.proxied ? header.client : Trial::proxy()));
    CENOTE_CHECK((delivered->transport == telemetry::QueryTransport::Tls) == header.through_tls);
    const ByteView behind = bytes.subspan(header.size);
    CENOTE_CHECK(std::equal(delivered->behind.begin(), delivered->behind.end(), behind.begin(), behind.end()));
    return 0;
}
