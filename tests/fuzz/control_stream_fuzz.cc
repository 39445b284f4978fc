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
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/check.h"
#include "resolver/control/connection.h"

namespace {

using namespace cenote;
using namespace cenote::control;

constexpr std::size_t kInputMax = 32 * 1024;  // what a socket takes without a reader
constexpr std::int64_t kPartsMax = 4;

/// How many replies come before the last one. Another type than a number has the connection refuse the argument.
std::int64_t parts_of(const Request& request) {
    return std::clamp<std::int64_t>(request.args.value("parts", std::int64_t{0}), 0, kPartsMax);
}

struct Expected {
    std::vector<bool> replies;  // whether each is one of success
    bool refused = false;       // the last line was no request
};

Expected naive_replies(std::string_view input) {
    Expected expected;
    while (input.find('\n') != std::string_view::npos) {
        const std::string_view line = input.substr(0, input.find('\n'));
        input.remove_prefix(line.size() + 1);
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        const auto request = decode_request(line);
        if (!request) {
            expected.replies.push_back(false);
            expected.refused = true;
            break;
        }
        try {
            for (std::int64_t parts = parts_of(*request); parts > 0; --parts) expected.replies.push_back(true);
            expected.replies.push_back(true);
        } catch (const Json::exception&) {
            expected.replies.push_back(false);
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
        write_ = std::make_unique<loop::Timer>(loop, [this] { write(); });
        write_->start(milliseconds(0), milliseconds(0));
    }
    std::string run() {
        loop_.run();
        CENOTE_CHECK(connection_->closed());
        connection_.reset();
        std::string replies;
        char chunk[8192];
        for (ssize_t got = 0; (got = ::read(client_.get(), chunk, sizeof chunk)) > 0;)
            replies.append(chunk, static_cast<std::size_t>(got));
        return replies;
    }

private:
    /// A piece a turn, then the end.
    void write() {
        const std::size_t piece = pieces_ == 0 ? left_.size() : std::min<std::size_t>(left_.size(), pieces_ * 7U);
        // The connection may have been closed for a line that was no request.
        if (piece > 0) (void)::send(client_.get(), left_.data(), piece, MSG_NOSIGNAL);
        left_.remove_prefix(piece);
        if (left_.empty())
            ::shutdown(client_.get(), SHUT_WR);
        else
            write_->start(milliseconds(0), milliseconds(0));
    }
    void serve(const Request& request, const ControlServer::Reply& reply) {
        for (std::int64_t parts = parts_of(request); parts > 0; --parts)
            reply({.ok = true, .more = true, .error = {}, .data = parts});
        reply({.ok = true, .more = false, .error = {}, .data = request.verb});
    }

    loop::Loop& loop_;
    std::string_view left_;
    std::uint8_t pieces_;
    UniqueFd client_;
    Connection::Service service_{.handler = [this](const Peer&, const Request& request,
                                                   const ControlServer::Reply& reply) { serve(request, reply); },
                                 .on_closed = [this](const Connection&) { loop_.stop(); },
                                 .request_within = milliseconds(20000),
                                 .unread_within = milliseconds(20000)};
    std::shared_ptr<Connection> connection_;
    std::unique_ptr<loop::Timer> write_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1 || size > kInputMax) return 0;
    static auto* const loop = new loop::Loop;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    const Expected expected = naive_replies(input);
    const std::string replies = World(*loop, input, data[0]).run();
    std::string_view rest = replies;
    for (const bool good : expected.replies) {
        const auto reply = decode_response(rest.substr(0, rest.find('\n')));
        CENOTE_CHECK(reply && reply->ok == good && (good || !reply->error.empty()));
        rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    }
    CENOTE_CHECK(rest.empty());
    return 0;
}
