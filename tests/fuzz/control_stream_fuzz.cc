// SPDX-License-Identifier: Apache-2.0
//
// A client of the control socket that sends any bytes in any pieces and then nothing more: each of its lines gets the
// replies that it asks for, in their order, up to the first line that is no request, which gets an error and the end of
// the connection.
//
// Input: a byte that chooses the pieces, the bytes.

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/control/connection.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::control;

constexpr std::size_t kInputMax = 32 * 1024;
constexpr std::int64_t kPartsMax = 4;

fuzz::Goal replied("a request has its replies");
fuzz::Goal refused("a line is no request");
fuzz::Goal bad_argument("an argument is refused");

/// How many replies come before the last one. Another type than a number has the connection refuse the argument.
std::int64_t parts_of(const Request& request) {
    return std::clamp<std::int64_t>(request.args.value("parts", std::int64_t{0}), 0, kPartsMax);
}

/// Of each reply whether it is one of success. Of whole lines: what is behind the last end of a line is none.
std::vector<bool> naive_replies(std::string_view text) {
    std::vector<bool> expected;
    fuzz::Input lines(text.substr(0, text.rfind('\n') + 1));  // npos + 1 is 0
    while (!lines.empty()) {
        const std::string_view line = lines.line();
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const auto request = decode_request(line);
        if (!request) {
            expected.push_back(false);
            refused.reach();
            break;
        }
        try {
            for (std::int64_t parts = parts_of(*request); parts > 0; --parts) expected.push_back(true);
            expected.push_back(true);
            replied.reach();
        } catch (const Json::exception&) {
            bad_argument.reach();
            expected.push_back(false);
        }
    }
    return expected;
}

/// Both ends of a connection, the client's with all replies.
class World {
public:
    World(loop::Loop& loop, std::string_view input, std::uint8_t pieces) : loop_(loop), left_(input), pieces_(pieces) {
        int ends[2];
        CENOTE_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
        client_.reset(ends[1]);
        Peer peer;
        peer.actor = "kim";
        peer.right = Right::Admin;
        connection_ = std::make_shared<Connection>(loop, UniqueFd(ends[0]), peer, service_);
        connection_->start();
        next_ = std::make_unique<loop::Wakeup>(loop, [this] { turn(); });
        next_->notify();
    }
    std::string run() {
        loop_.run();
        CENOTE_CHECK(connection_->closed());
        connection_.reset();
        read();
        return std::move(replies_);
    }

private:
    /// A piece a turn, then the end. What has come is read in each turn, so that neither side waits for the other.
    void turn() {
        read();
        const std::size_t piece = pieces_ == 0 ? left_.size() : std::min<std::size_t>(left_.size(), pieces_ * 7U);
        const ssize_t sent = ::send(client_.get(), left_.data(), piece, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0)
            left_.remove_prefix(static_cast<std::size_t>(sent));
        else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            left_ = {};  // the connection was closed for a line that was no request
        if (left_.empty() && !std::exchange(ended_, true)) ::shutdown(client_.get(), SHUT_WR);
        next_->notify();
    }
    void read() {
        char chunk[8192];
        for (ssize_t got = 0; (got = ::recv(client_.get(), chunk, sizeof chunk, MSG_DONTWAIT)) > 0;)
            replies_.append(chunk, static_cast<std::size_t>(got));
    }
    void serve(const Request& request, const ControlServer::Reply& reply) {
        for (std::int64_t parts = parts_of(request); parts > 0; --parts)
            reply({.ok = true, .more = true, .error = {}, .data = parts});
        reply({.ok = true, .more = false, .error = {}, .data = request.verb});
    }

    loop::Loop& loop_;
    std::string_view left_;
    std::uint8_t pieces_;
    bool ended_ = false;
    std::string replies_;
    UniqueFd client_;
    Connection::Service service_{.handler = [this](const Peer&, const Request& request,
                                                   const ControlServer::Reply& reply) { serve(request, reply); },
                                 .on_closed = [this](const Connection&) { loop_.stop(); },
                                 .request_within = milliseconds(20000),
                                 .unread_within = milliseconds(20000)};
    std::shared_ptr<Connection> connection_;
    // Not a timer: one that starts itself again with no delay runs again in the same turn, in front of all events.
    std::unique_ptr<loop::Wakeup> next_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > kInputMax) return 0;
    static auto* const loop = new loop::Loop;
    fuzz::Input input(data, size);
    const std::uint8_t pieces = input.u8();
    const std::string_view text = input.text();
    const std::vector<bool> expected = naive_replies(text);
    const std::string replies = World(*loop, text, pieces).run();
    fuzz::Input rest{std::string_view(replies)};
    for (const bool good : expected) {
        const auto reply = decode_response(rest.line());
        CENOTE_CHECK(reply && reply->ok == good && (good || !reply->error.empty()));
    }
    CENOTE_CHECK(rest.empty());
    return 0;
}
